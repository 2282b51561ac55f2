namespace AttentionCluster.Cluster.Identity;

/// <summary>What a look at a node's cluster address says of its process.</summary>
internal enum ProbeResult
{
    /// <summary>Something listens there.</summary>
    Alive,

    /// <summary>The machine has answered that nothing listens there.</summary>
    Refused,

    /// <summary>No answer: a partition, a machine that is down or too busy. It proves nothing.</summary>
    Silent,
}
