using System.Text.Json.Serialization;
using AttentionCluster.Cluster;

namespace AttentionCluster.Server.Hosting;

/// <summary>The JSON form of a cluster's status, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ClusterStatus))]
internal sealed partial class ClusterStatusJson : JsonSerializerContext;
