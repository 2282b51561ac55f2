using System.Text.Json.Serialization;

namespace AttentionCluster.Cli.Bench;

/// <summary>The JSON form of measurements, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(List<KernelSpeed>))]
[JsonSerializable(typeof(List<DecodeSpeed>))]
[JsonSerializable(typeof(List<ClusterSpeed>))]
internal sealed partial class BenchJson : JsonSerializerContext;
