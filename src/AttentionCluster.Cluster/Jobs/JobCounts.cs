using System.Collections.Immutable;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>Counts, while a job runs, what its report says of the work.</summary>
internal sealed class JobCounts(TimeProvider clock)
{
    /// <summary>When each task that is out was sent.</summary>
    private readonly Dictionary<(TaskId Task, int Attempt), long> _sent = [];

    private readonly SortedSet<KernelPath> _kernels = [];

    private double _kernelSeconds;
    private long _bytesReceived;
    private long _computeStart;
    private long _computeEnd;

    /// <summary>The nodes that have computed, with their threads.</summary>
    internal ImmutableDictionary<string, int> Workers { get; private set; } = ImmutableDictionary.Create<string, int>(StringComparer.Ordinal);

    internal void Sent(TaskId task, int attempt) => _sent.TryAdd((task, attempt), clock.GetTimestamp());

    /// <summary>An answer has come.</summary>
    /// <returns>Timestamp of the start of its computation; null for an answer that has come before.</returns>
    internal long? Done(TaskDone done)
    {
        if (!_sent.Remove((new TaskId(done.Block, done.Segment), done.Attempt), out long sent))
            return null;
        _computeEnd = clock.GetTimestamp();

        // Not counted back from the answer: answers may wait while the machine loads the next segments.
        long start = sent + (long)(done.WaitSeconds * clock.TimestampFrequency);
        _computeStart = _computeStart == 0 ? start : Math.Min(_computeStart, start);
        _kernelSeconds += done.KernelSeconds;
        _bytesReceived += done.BytesReceived;
        _kernels.Add((KernelPath)done.KernelPath);
        Workers = Workers.SetItem(done.Worker, done.WorkerThreads);
        return start;
    }

    internal JobTally Tally(CoordinatorState state, WorkerHistory history) =>
        new(state.Retries, _kernelSeconds, _computeStart, _computeEnd, Workers, _bytesReceived)
        {
            TilesRecomputed = state.TilesRecomputed,
            LongestIdle = state.LongestIdle,
            WorkersLost = history.Lost(),
            WorkersJoined = history.Joined(),
            Kernels = _kernels,
            Origins = state.Origins,
        };
}
