namespace AttentionCluster.Cluster;

/// <summary>What a worker has said of itself.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Threads">Compute threads.</param>
/// <param name="SegmentBytesMax">Native memory for packed segments, in bytes.</param>
/// <param name="SegmentBytes">How much of it is in use, in bytes.</param>
/// <param name="Gflops">Its speed in the last tasks, all threads together; null before the first.</param>
public sealed record WorkerStatus(string Name, int Threads, long SegmentBytesMax, long SegmentBytes, double? Gflops)
{
    /// <summary>The kernel paths that it has, the fastest first: a job's family is computed by the first of its own.</summary>
    public IReadOnlyList<string> Kernels { get; init; } = [];
}
