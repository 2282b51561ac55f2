namespace AttentionCluster.Chaos.Planning;

/// <summary>What goes wrong, or changes, in the middle of a job.</summary>
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

    /// <summary>The file system of the gateways' data directory has no byte left, until later.</summary>
    FullDisk,

    /// <summary>A process can open no further file or connection, until later.</summary>
    Descriptors,

    /// <summary>The input of one running job is cut short on the disk: that job alone may end as damaged.</summary>
    Truncate,

    /// <summary>Dozens of small jobs are sent, and all of them cancelled and removed together.</summary>
    Removals,

    /// <summary>Dozens of connections send half a header, or half a body, or nothing, and stay.</summary>
    SlowClients,

    /// <summary>A worker that has another secret joins, and goes later.</summary>
    OtherSecret,

    /// <summary>A worker of another version, whose messages these nodes do not understand, joins, and goes later.</summary>
    OtherVersion,

    /// <summary>A bit is changed now and then in tensor bytes on their way between it and the other nodes, until later.</summary>
    Tamper,
}
