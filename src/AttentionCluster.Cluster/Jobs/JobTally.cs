using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Reports;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>What the coordinator counted while its job ran.</summary>
/// <param name="Retries">Tasks sent again.</param>
/// <param name="KernelSeconds">Seconds that threads spent in the kernel, all together.</param>
/// <param name="ComputeStart">Timestamp of the first task's start; 0 when no task was computed.</param>
/// <param name="ComputeEnd">Timestamp of the last task's end.</param>
/// <param name="Workers">The nodes that computed, with their threads.</param>
/// <param name="BytesReceived">Bytes of K, V and Q that these received for it.</param>
internal sealed record JobTally(
    int Retries, double KernelSeconds, long ComputeStart, long ComputeEnd, IReadOnlyDictionary<string, int> Workers, long BytesReceived)
{
    /// <summary>Kernel tiles computed, or to be computed, more than once.</summary>
    internal long TilesRecomputed { get; init; }

    /// <summary>The longest time that a worker which lived to the end had nothing to do, after its first task.</summary>
    internal TimeSpan LongestIdle { get; init; }

    /// <summary>Those that went without having been told to.</summary>
    internal IReadOnlyList<LostWorker> WorkersLost { get; init; } = [];

    /// <summary>Those that came while the job ran.</summary>
    internal IReadOnlyList<JoinedWorker> WorkersJoined { get; init; } = [];

    /// <summary>The kernel paths that computed.</summary>
    internal IReadOnlyCollection<KernelPath> Kernels { get; init; } = [];

    /// <summary>Where partials came from; empty for a job that does not verify itself.</summary>
    internal IReadOnlyDictionary<TaskId, TaskOrigin> Origins { get; init; } = new Dictionary<TaskId, TaskOrigin>();

    /// <summary>Of a job that was never begun.</summary>
    internal static JobTally Nothing { get; } = new(0, 0, 0, 0, new Dictionary<string, int>(), 0);
}
