using System.Collections.Immutable;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Jobs.Reporting;

/// <summary>
/// Counts, while a job runs, what its report says of the work and of the workers. Times are since the coordinator's start, and are
/// arguments.
/// </summary>
internal sealed class JobStatistics
{
    private readonly WorkerHistory _workers = new();

    /// <summary>When each attempt that is not answered was sent.</summary>
    private readonly Dictionary<(TaskId Task, int Attempt), TimeSpan> _sent = [];

    private readonly Dictionary<TaskId, TaskOrigin> _origins = [];
    private readonly SortedSet<KernelPath> _kernels = [];

    private double _kernelSeconds;
    private long _bytesReceived;
    private long _tilesRecomputed;
    private TimeSpan? _computeStart;
    private TimeSpan _computeEnd;

    /// <summary>Tasks whose partial has been merged, or was before the job began here.</summary>
    internal int TasksDone { get; private set; }

    /// <summary>Floating-point operations of these.</summary>
    internal double FlopsDone { get; private set; }

    /// <summary>The nodes that have computed, with their threads.</summary>
    internal ImmutableDictionary<string, int> Workers { get; private set; } =
        ImmutableDictionary.Create<string, int>(StringComparer.Ordinal);

    /// <summary>What became of the workers.</summary>
    internal WorkerHistory WorkerHistory => _workers;

    /// <summary>A task is sent to a worker.</summary>
    internal void Sent(TaskId task, int attempt, SegmentId segment, TimeSpan now)
    {
        _sent.TryAdd((task, attempt), now);
        _workers.Sent(task, segment, now);
    }

    /// <summary>A worker has answered with a partial. An answer that came before, or to nothing that was sent, is not counted.</summary>
    internal void Answered(TaskId task, int attempt, string worker, in TaskMeasurements measured, TimeSpan now)
    {
        if (!_sent.Remove((task, attempt), out TimeSpan sent))
            return;

        // Not counted back from the answer: answers may wait while the machine loads the next segments.
        TimeSpan start = sent + TimeSpan.FromSeconds(measured.WaitSeconds);
        _computeStart = _computeStart is { } first && first < start ? first : start;
        _computeEnd = now;
        _kernelSeconds += measured.KernelSeconds;
        _bytesReceived += measured.BytesReceived;
        _kernels.Add(measured.Kernel);
        Workers = Workers.SetItem(worker, measured.WorkerThreads);
        _workers.Answered(worker, start, now);
    }

    /// <summary>The partial of a task has been merged, or was before the job began here.</summary>
    internal void Merged(double flops)
    {
        TasksDone++;
        FlopsDone += flops;
    }

    /// <summary>Where a merged partial came from, for a job that verifies itself.</summary>
    internal void CameFrom(TaskId task, TaskOrigin origin) => _origins[task] = origin;

    /// <summary>
    /// Kernel tiles are computed again, since no attempt at their task was left, or were computed besides another attempt.
    /// </summary>
    internal void Recomputed(long tiles) => _tilesRecomputed += tiles;

    /// <summary>What was counted so far.</summary>
    /// <param name="retries">Attempts that were not the first at their task.</param>
    /// <param name="longestIdle">The longest time that one of the workers that are there had no task.</param>
    internal JobTally Tally(int retries, TimeSpan longestIdle) => new()
    {
        Retries = retries,
        KernelSeconds = _kernelSeconds,
        ComputeStart = _computeStart,
        ComputeEnd = _computeEnd,
        Workers = Workers,
        BytesReceived = _bytesReceived,
        TilesRecomputed = _tilesRecomputed,
        LongestIdle = longestIdle,
        WorkersLost = _workers.Lost(),
        WorkersJoined = _workers.Joined(),
        Kernels = _kernels,
        Origins = _origins,
    };
}
