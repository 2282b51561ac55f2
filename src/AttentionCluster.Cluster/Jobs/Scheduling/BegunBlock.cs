namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>A block with a task that was taken from its queue, and one that is not merged.</summary>
internal sealed class BegunBlock(int tasks)
{
    /// <summary>How far its segments have been looked through for those without a queue.</summary>
    internal int NextSegment { get; set; }

    /// <summary>The first queue that was made for it and of which no task was taken.</summary>
    internal SegmentQueue? Fresh { get; set; }

    /// <summary>Tasks that wait in their queue.</summary>
    internal int Waiting { get; set; } = tasks;

    /// <summary>Tasks that are not merged.</summary>
    internal int Left { get; set; } = tasks;
}
