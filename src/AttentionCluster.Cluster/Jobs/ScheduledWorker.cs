namespace AttentionCluster.Cluster.Jobs;

/// <summary>A worker as one job's schedule sees it.</summary>
internal sealed class ScheduledWorker(string name, WorkerCapacity capacity)
{
    /// <summary>How much the latest task counts for the speed.</summary>
    private const double LatestShare = 0.25;

    /// <summary>Sent and not answered, the first sent first.</summary>
    private readonly List<SentTask> _out = [];

    internal string Name => name;

    internal WorkerCapacity Capacity => capacity;

    /// <summary>Whether it takes no more tasks.</summary>
    internal bool IsLeaving { get; set; }

    internal IReadOnlyList<SentTask> Out => _out;

    internal bool HasRoom => !IsLeaving && _out.Count < capacity.TasksMax;

    /// <summary>Whether it has so little to do that it may take what is another's.</summary>
    internal bool IsHungry => HasRoom && _out.Count <= capacity.Threads;

    /// <summary>Whether one of its threads has nothing to do.</summary>
    internal bool IsIdle => HasRoom && _out.Count < capacity.Threads;

    /// <summary>Operations a second of one thread in its latest tasks; null before the first.</summary>
    internal double? ThreadSpeed { get; private set; }

    internal double FlopsOut => _out.Sum(task => task.Flops);

    /// <summary>Whether a task of a segment would not make it hold more segments at a time than it has memory for.</summary>
    internal bool CanHold(SegmentId segment)
    {
        var segments = _out.Select(task => task.Segment).ToHashSet();
        return segments.Contains(segment) || segments.Count < capacity.SegmentsMax;
    }

    internal void Send(SentTask task) => _out.Add(task);

    /// <returns>Whether it had the task.</returns>
    internal bool Remove(TaskId task) => _out.RemoveAll(sent => sent.Task == task) > 0;

    /// <summary>Learns its speed from an answer.</summary>
    internal void Measure(double flops, double kernelSeconds)
    {
        if (flops <= 0 || kernelSeconds <= 0)
            return;
        double latest = flops / kernelSeconds;
        ThreadSpeed = ThreadSpeed is { } speed ? speed + (LatestShare * (latest - speed)) : latest;
    }
}
