using System.Collections.Immutable;

namespace AttentionCluster.Cluster.Identity;

/// <summary>
/// What this node knows of the identities of the others; kept up to date by <see cref="Identification"/>. From any thread.
/// </summary>
internal sealed class NodeIdentities
{
    private ImmutableDictionary<NodeProcess, PeerIdentity> _peers = ImmutableDictionary<NodeProcess, PeerIdentity>.Empty;

    /// <summary>What is known of another node; it has not answered when nothing is.</summary>
    internal PeerIdentity Of(NodeProcess node) => Volatile.Read(ref _peers).GetValueOrDefault(node);

    /// <summary>Why a node gets nothing; null for one that is of this cluster.</summary>
    internal string? ProblemOf(NodeProcess node) => Of(node) switch
    {
        { Verdict: IdentityVerdict.Proven } => null,
        { Verdict: IdentityVerdict.OtherSecret } => "its secret differs from this node's",
        { Verdict: IdentityVerdict.OtherCluster } peer => $"it belongs to another cluster ({peer.Cluster})",
        _ => "it has not proved yet that it knows the secret",
    };

    internal void Set(NodeProcess node, PeerIdentity identity) =>
        ImmutableInterlocked.AddOrUpdate(ref _peers, node, identity, (_, _) => identity);

    internal void Remove(NodeProcess node) => ImmutableInterlocked.TryRemove(ref _peers, node, out _);
}
