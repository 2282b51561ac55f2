namespace AttentionCluster.Cluster.Segments;

/// <summary>A worker's shard region, and what it has.</summary>
/// <param name="Name">Tells it from others.</param>
/// <param name="Threads">Compute threads of the worker; at least 1.</param>
/// <param name="BytesMax">Its memory for segments, in bytes.</param>
/// <param name="Load">What its shards weigh together.</param>
internal sealed record RegionLoad(string Name, int Threads, long BytesMax, SegmentLoad Load)
{
    /// <summary>How long its work takes it, in operations of one thread.</summary>
    internal double Time => Load.Flops / Threads;
}
