namespace AttentionCluster.Chaos.Killing;

/// <summary>What a client is doing, and what a kill is aimed at.</summary>
internal enum KillMoment
{
    /// <summary>A job's tensors are on their way, or its acceptance is.</summary>
    Upload,

    /// <summary>Tasks are computed and blocks journaled.</summary>
    Computing,

    /// <summary>Most blocks are journaled, and the end is about to be written.</summary>
    Completion,

    /// <summary>A job is being cancelled, or removed.</summary>
    Removal,
}
