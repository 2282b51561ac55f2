using System.Collections.Immutable;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>
/// The data planes that hand out the tensors of this node's store: its own, and those of other nodes that share its data directory. Workers try all
/// of them, so that a job outlives the node that took it. From any thread.
/// </summary>
internal sealed class TensorHolders(IDataPlane own)
{
    /// <summary>Every task names them for each of its tensors, so that messages stay small however many gateways there are.</summary>
    private const int NamedMax = 16;

    private ImmutableArray<string> _others = [];

    /// <summary>As <c>host:port</c>, this node first, some others of those that there are; empty when no other node can reach it.</summary>
    internal IReadOnlyList<string> Addresses => own.Address.Length == 0 ? [] : [own.Address, .. _others.Where(other => other != own.Address).Take(NamedMax - 1)];

    /// <summary>Says which other nodes have the same store.</summary>
    internal void Share(IEnumerable<string> others) => ImmutableInterlocked.InterlockedExchange(ref _others, [.. others]);
}
