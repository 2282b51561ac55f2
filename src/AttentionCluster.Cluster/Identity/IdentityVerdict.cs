namespace AttentionCluster.Cluster.Identity;

/// <summary>What a node knows of another's identity.</summary>
internal enum IdentityVerdict
{
    /// <summary>It has not answered yet.</summary>
    Unanswered,

    /// <summary>It knows the secret, and is of this cluster.</summary>
    Proven,

    /// <summary>It has answered, and does not know the secret.</summary>
    OtherSecret,

    /// <summary>It knows the secret, and is of another cluster.</summary>
    OtherCluster,
}
