using System.Text.Json;
using AttentionCluster.Client.Transport;

namespace AttentionCluster.Client;

/// <summary>The cluster as the node that answered sees it.</summary>
/// <param name="Address">That node's cluster address, as <c>host:port</c>.</param>
/// <param name="IsUp">Whether that node has joined.</param>
/// <param name="Nodes">All nodes, itself among them.</param>
public sealed record ClusterStatus(string Address, bool IsUp, IReadOnlyList<ClusterNode> Nodes)
{
    /// <summary>One JSON object on one line, in the names of the HTTP interface.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ClientJson.Default.ClusterStatus);
}
