using System.Text.Json.Serialization;

namespace AttentionCluster.Cli.Doctor;

/// <summary>The JSON form of a diagnosis, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Diagnosis))]
internal sealed partial class DiagnosisJson : JsonSerializerContext;
