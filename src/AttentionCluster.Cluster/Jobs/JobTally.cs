using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>What the coordinator counted while its job ran. Times are since <see cref="BegunAt"/>.</summary>
internal sealed record JobTally
{
    /// <summary>Timestamp of the coordinator's start; 0 when there was none.</summary>
    internal long BegunAt { get; init; }

    /// <summary>Tasks sent again.</summary>
    internal int Retries { get; init; }

    /// <summary>Seconds that threads spent in the kernel, all together.</summary>
    internal double KernelSeconds { get; init; }

    /// <summary>When the first task's computation began; null when no task was computed.</summary>
    internal TimeSpan? ComputeStart { get; init; }

    /// <summary>When the last task was answered.</summary>
    internal TimeSpan ComputeEnd { get; init; }

    /// <summary>The nodes that computed, with their threads.</summary>
    internal IReadOnlyDictionary<string, int> Workers { get; init; } = new Dictionary<string, int>();

    /// <summary>Bytes of K, V and Q that these received for the job.</summary>
    internal long BytesReceived { get; init; }

    /// <summary>Kernel tiles computed, or to be computed, more than once.</summary>
    internal long TilesRecomputed { get; init; }

    /// <summary>The longest time that a worker which was there at the end had nothing to do, after its first task.</summary>
    internal TimeSpan LongestIdle { get; init; }

    /// <summary>Workers that went without having been told to.</summary>
    internal IReadOnlyList<LostWorker> WorkersLost { get; init; } = [];

    /// <summary>Workers that joined while the job ran.</summary>
    internal IReadOnlyList<JoinedWorker> WorkersJoined { get; init; } = [];

    /// <summary>The kernel paths that computed.</summary>
    internal IReadOnlyCollection<KernelPath> Kernels { get; init; } = [];

    /// <summary>Where partials came from; empty for a job that does not verify itself.</summary>
    internal IReadOnlyDictionary<TaskId, TaskOrigin> Origins { get; init; } = new Dictionary<TaskId, TaskOrigin>();

    /// <summary>The tally of a job that was never begun.</summary>
    internal static JobTally Nothing { get; } = new();
}
