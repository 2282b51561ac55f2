using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Api;

/// <summary>One node of a cluster.</summary>
/// <param name="Address">Its cluster address, as <c>host:port</c>.</param>
/// <param name="Name">What it is called; empty when a server of an earlier version says none.</param>
/// <param name="Roles"><c>gateway</c>, <c>worker</c>.</param>
/// <param name="State"><c>joining</c>, <c>up</c>, <c>leaving</c>, <c>exiting</c>, <c>down</c> or <c>unreachable</c>.</param>
/// <param name="Worker">What it computes with; null while it has not said so, and for a node that is no worker.</param>
public sealed record NodeStatus(
    [property: JsonPropertyOrder(-1)] string Address, string Name, IReadOnlyList<string> Roles, string State, WorkerStatus? Worker)
{
    /// <summary>What it is called.</summary>
    [JsonPropertyOrder(-1)]
    public string Name { get; init; } = Name ?? "";

    /// <summary>The release that it runs; empty when a server of an earlier version says none.</summary>
    public string Version { get => field ?? ""; init; } = "";

    /// <summary>
    /// Why the node that answers trusts it with nothing, such as another secret, or a version that it can't work with; null for one of this
    /// cluster, which it has proved.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Problem { get; init; }
}
