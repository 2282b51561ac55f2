using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Reports;

/// <summary>The JSON form of the report, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(JobReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
