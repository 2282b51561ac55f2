namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>How well a segment's tasks suit a worker that asks for one: the first kind is preferred.</summary>
internal enum Affinity
{
    /// <summary>The worker is the segment's home.</summary>
    Home,

    /// <summary>
    /// The segment has no home that can compute the task; the worker has a replica, or nobody has, or it is below its low watermark.
    /// </summary>
    Unplaced,

    /// <summary>The segment's home has much left to do, and the worker has a replica of the segment.</summary>
    Replica,

    /// <summary>The segment's home has more left to do than a new replica costs to load.</summary>
    NewReplica,

    /// <summary>The worker does not get the task.</summary>
    Never,
}
