namespace AttentionCluster.Cluster;

/// <summary>A cluster as one of its nodes sees it.</summary>
/// <param name="Address">That node's cluster address, as <c>host:port</c>.</param>
/// <param name="IsUp">Whether that node has joined.</param>
/// <param name="Nodes">All nodes, itself among them, by address.</param>
public sealed record ClusterStatus(string Address, bool IsUp, IReadOnlyList<NodeStatus> Nodes);
