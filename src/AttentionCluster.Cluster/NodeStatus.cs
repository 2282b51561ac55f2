using System.Text.Json.Serialization;

namespace AttentionCluster.Cluster;

/// <summary>One node of a cluster.</summary>
/// <param name="Address">Its cluster address, as <c>host:port</c>.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Roles"><c>gateway</c>, <c>worker</c>.</param>
/// <param name="State"><c>joining</c>, <c>up</c>, <c>leaving</c>, <c>exiting</c>, <c>down</c> or <c>unreachable</c>.</param>
/// <param name="Worker">What it computes with; null while it has not said so, and for a node that is no worker.</param>
public sealed record NodeStatus(string Address, string Name, IReadOnlyList<string> Roles, string State, WorkerStatus? Worker)
{
    /// <summary>The release that it runs.</summary>
    public string Version { get; init; } = "";

    /// <summary>Why this node trusts it with nothing; null for one of this cluster, which it has proved, and of a version that can be worked with.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Problem { get; init; }
}
