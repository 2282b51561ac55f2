namespace AttentionCluster.Cluster.Jobs;

/// <summary>A worker as one job's schedule sees it.</summary>
internal sealed class ScheduledWorker(string name, WorkerCapacity capacity)
{
    /// <summary>How much the latest task counts for the speed.</summary>
    private const double LatestShare = 0.25;

    /// <summary>After its first trouble a worker rests so long, twice as long after each further one, up to the longest.</summary>
    private static readonly TimeSpan s_restMin = TimeSpan.FromMilliseconds(100), s_restMax = TimeSpan.FromSeconds(5);

    /// <summary>Sent and not answered, the first sent first.</summary>
    private readonly List<SentTask> _out = [];

    /// <summary>Troubles since the last task that it has computed.</summary>
    private int _troubles;

    private TimeSpan _restsUntil;
    private TimeSpan? _idleSince;
    private TimeSpan _longestIdle;

    internal string Name => name;

    internal WorkerCapacity Capacity => capacity;

    /// <summary>Whether it takes no more tasks.</summary>
    internal bool IsLeaving { get; set; }

    internal IReadOnlyList<SentTask> Out => _out;

    /// <summary>Operations a second of one thread in its latest tasks; null before the first.</summary>
    internal double? ThreadSpeed { get; private set; }

    internal double FlopsOut => _out.Sum(task => task.Flops);

    internal bool HasRoom(TimeSpan now) => !IsLeaving && _out.Count < capacity.TasksMax && now >= _restsUntil;

    /// <summary>Whether it has so little to do that it may take what is another's.</summary>
    internal bool IsHungry(TimeSpan now) => HasRoom(now) && _out.Count <= capacity.Threads;

    /// <summary>Whether one of its threads has nothing to do.</summary>
    internal bool IsIdle(TimeSpan now) => HasRoom(now) && _out.Count < capacity.Threads;

    /// <summary>The longest time that it had no task, after its first one.</summary>
    internal TimeSpan LongestIdle(TimeSpan now) => _idleSince is { } since && now - since > _longestIdle ? now - since : _longestIdle;

    /// <summary>Whether a task of a segment would not make it hold more segments at a time than it has memory for.</summary>
    internal bool CanHold(SegmentId segment)
    {
        var segments = _out.Select(task => task.Segment).ToHashSet();
        return segments.Contains(segment) || segments.Count < capacity.SegmentsMax;
    }

    internal void Send(SentTask task)
    {
        _longestIdle = LongestIdle(task.SentAt);
        _idleSince = null;
        _out.Add(task);
    }

    /// <returns>Whether it had the task.</returns>
    internal bool Remove(TaskId task, TimeSpan now)
    {
        if (_out.RemoveAll(sent => sent.Task == task) == 0)
            return false;
        if (_out.Count == 0)
            _idleSince = now;
        return true;
    }

    /// <summary>Its machine, or the way there, has had a trouble that passes: it rests, so that one that fails fast does not get all the tasks.</summary>
    internal void Rest(TimeSpan now)
    {
        TimeSpan rest = s_restMin * Math.Pow(2, Math.Min(_troubles++, 10));
        _restsUntil = now + (rest < s_restMax ? rest : s_restMax);
    }

    /// <summary>Learns its speed from an answer.</summary>
    internal void Measure(double flops, double kernelSeconds)
    {
        _troubles = 0;
        if (flops <= 0 || kernelSeconds <= 0)
            return;
        double latest = flops / kernelSeconds;
        ThreadSpeed = ThreadSpeed is { } speed ? speed + (LatestShare * (latest - speed)) : latest;
    }
}
