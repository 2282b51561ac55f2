namespace AttentionCluster.Chaos.Planning;

/// <summary>What happens to a node in the middle of a job.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL; it is started again later, or stays dead for the rest of the run.</summary>
    Kill,

    /// <summary>SIGKILL to all workers at once; they are started again later.</summary>
    KillWorkers,

    /// <summary>SIGSTOP, and SIGCONT later.</summary>
    Stop,

    /// <summary>No byte passes between it and the other nodes, both ways, until later.</summary>
    Partition,

    /// <summary>All bytes between it and the other nodes are late, until later.</summary>
    Delay,

    /// <summary>All its connections with other nodes are reset, once.</summary>
    Cut,

    /// <summary>A worker that was not there joins.</summary>
    Join,

    /// <summary>A worker is told to leave.</summary>
    Drain,
}
