namespace AttentionCluster.Cluster.Identity;

/// <summary>What is known of another node's identity.</summary>
/// <param name="Verdict">Whether it knows the secret.</param>
/// <param name="KnowsThisNode">Whether the other has come to its own verdict by now.</param>
/// <param name="Cluster">The cluster that it says it is of; empty or null for none.</param>
internal readonly record struct PeerIdentity(IdentityVerdict Verdict, bool KnowsThisNode, string? Cluster)
{
    /// <summary>Whether it is known not to be of this cluster.</summary>
    internal bool IsForeign => Verdict is IdentityVerdict.OtherSecret or IdentityVerdict.OtherCluster;

    /// <summary>Whether nothing is left to be found out between the two.</summary>
    internal bool IsSettled => IsForeign || (Verdict == IdentityVerdict.Proven && KnowsThisNode);
}
