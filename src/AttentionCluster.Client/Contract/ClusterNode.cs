namespace AttentionCluster.Client;

/// <summary>One node of a cluster.</summary>
/// <param name="Address">Its cluster address, as <c>host:port</c>.</param>
/// <param name="Roles"><c>gateway</c>, <c>worker</c>.</param>
/// <param name="State"><c>joining</c>, <c>up</c>, <c>leaving</c>, <c>exiting</c>, <c>down</c> or <c>unreachable</c>.</param>
/// <param name="Worker">What it computes with; null while it has not said so, and for a node that is no worker.</param>
/// <param name="Name">What it is called; empty when a server of an earlier version says none.</param>
/// <param name="Problem">Why the node that answered gives it nothing, such as another secret, or a version that it can't work with; null for one that takes part.</param>
/// <param name="Version">The release that it runs; empty when a server of an earlier version says none.</param>
public sealed record ClusterNode(
    string Address, IReadOnlyList<string> Roles, string State, ClusterWorker? Worker, string Name = "", string? Problem = null, string Version = "");
