namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>A worker as one job's schedule sees it: the tasks that it has, its measured speed, and its backoff.</summary>
internal sealed class WorkerLoad(string name, WorkerCapacity capacity)
{
    /// <summary>How much the latest task counts for the speed.</summary>
    private const double LatestShare = 0.25;

    /// <summary>The backoff after the first transient failure; it doubles with each further one, up to the longest.</summary>
    private static readonly TimeSpan s_backoffMin = TimeSpan.FromMilliseconds(100), s_backoffMax = TimeSpan.FromSeconds(5);

    /// <summary>Sent and not answered, the first sent first.</summary>
    private readonly List<SentTask> _sent = [];

    /// <summary>Transient failures since the last task that it has computed.</summary>
    private int _transientFailures;

    private TimeSpan _backsOffUntil;
    private TimeSpan? _idleSince;
    private TimeSpan _longestIdle;

    internal string Name => name;

    internal WorkerCapacity Capacity => capacity;

    /// <summary>Whether it takes no more tasks.</summary>
    internal bool IsLeaving { get; set; }

    /// <summary>The tasks that it has, as far as the coordinator knows.</summary>
    internal IReadOnlyList<SentTask> Sent => _sent;

    /// <summary>Operations a second of one thread in its latest tasks; null before the first.</summary>
    internal double? ThreadSpeed { get; private set; }

    /// <summary>Operations of the tasks that it has.</summary>
    internal double FlopsSent => _sent.Sum(task => task.Flops);

    internal bool HasRoom(TimeSpan now) => !IsLeaving && _sent.Count < capacity.TasksMax && now >= _backsOffUntil;

    /// <summary>Whether at most one task for each thread is left, so that it may take tasks whose home is another worker.</summary>
    internal bool IsBelowLowWatermark(TimeSpan now) => HasRoom(now) && _sent.Count <= capacity.Threads;

    /// <summary>Whether one of its threads has nothing to do.</summary>
    internal bool IsIdle(TimeSpan now) => HasRoom(now) && _sent.Count < capacity.Threads;

    /// <summary>The longest time that it had no task, after its first one.</summary>
    internal TimeSpan LongestIdle(TimeSpan now) => _idleSince is { } since && now - since > _longestIdle ? now - since : _longestIdle;

    /// <summary>Whether its memory has room for a segment beside those of the tasks that it has.</summary>
    internal bool CanHold(SegmentId segment)
    {
        var segments = _sent.Select(task => task.Segment).ToHashSet();
        return segments.Contains(segment) || segments.Count < capacity.SegmentsMax;
    }

    internal void Add(SentTask task)
    {
        _longestIdle = LongestIdle(task.SentAt);
        _idleSince = null;
        _sent.Add(task);
    }

    /// <returns>Whether it had the task.</returns>
    internal bool Remove(TaskId task, TimeSpan now)
    {
        if (_sent.RemoveAll(sent => sent.Task == task) == 0)
            return false;
        if (_sent.Count == 0)
            _idleSince = now;
        return true;
    }

    /// <summary>
    /// Its machine, or the way there, has had a transient failure: it gets no task for a while, or one that fails fast would get all of
    /// them.
    /// </summary>
    internal void BackOff(TimeSpan now)
    {
        TimeSpan backoff = s_backoffMin * Math.Pow(2, Math.Min(_transientFailures++, 10));
        _backsOffUntil = now + (backoff < s_backoffMax ? backoff : s_backoffMax);
    }

    /// <summary>It has computed a task: learns its speed.</summary>
    internal void Measure(double flops, double kernelSeconds)
    {
        _transientFailures = 0;
        if (flops <= 0 || kernelSeconds <= 0)
            return;
        double latest = flops / kernelSeconds;
        ThreadSpeed = ThreadSpeed is { } speed ? speed + (LatestShare * (latest - speed)) : latest;
    }
}
