using System.Text.Json;
using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Api;

/// <summary>The answer to <c>GET /v1/cluster</c>: a cluster as the node that answers sees it.</summary>
/// <param name="Address">That node's cluster address, as <c>host:port</c>.</param>
/// <param name="IsUp">Whether that node has joined.</param>
/// <param name="Nodes">All nodes, itself among them, by address.</param>
public sealed record ClusterStatus(string Address, bool IsUp, [property: JsonRequired] IReadOnlyList<NodeStatus> Nodes)
{
    /// <summary>Nodes that compute now.</summary>
    [JsonIgnore]
    public int WorkersUp => Nodes.Count(node => node is { State: "up", Worker: not null });

    /// <summary>One JSON object on one line, in the names of the HTTP interface.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ApiJson.Default.ClusterStatus);
}
