namespace AttentionCluster.Client;

/// <summary>What a worker computes with.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Threads">Compute threads.</param>
/// <param name="SegmentBytesMax">Native memory for packed segments, in bytes.</param>
/// <param name="SegmentBytes">How much of it is in use, in bytes.</param>
/// <param name="Gflops">Its speed in the last tasks, 10^9 operations a second, all threads together; null before the first.</param>
public sealed record ClusterWorker(string Name, int Threads, long SegmentBytesMax, long SegmentBytes, double? Gflops);
