using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Reports;

/// <summary>
/// The JSON form of the report, generated at build time. An error or bound that is no number, because an input holds NaN, is the string
/// <c>"NaN"</c> or <c>"Infinity"</c>.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(JobReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
