namespace AttentionCluster.Core.Api;

/// <summary>What a worker computes with, as it has said.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Threads">Compute threads.</param>
/// <param name="SegmentBytesMax">Native memory for packed segments, in bytes.</param>
/// <param name="SegmentBytes">How much of it is in use, in bytes.</param>
/// <param name="Gflops">Its speed in the last tasks, 10^9 operations a second, all threads together; null before the first.</param>
public sealed record WorkerStatus(string Name, int Threads, long SegmentBytesMax, long SegmentBytes, double? Gflops)
{
    /// <summary>The kernel paths that it has, the fastest first: a job's family is computed by the first of its own.</summary>
    public IReadOnlyList<string> Kernels { get => field ?? []; init; } = [];
}
