using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// Which worker gets which task of a job next: first what is at home with it, then what has no home, then, when it has little left to do,
/// what waits at others, whose segments it then holds a copy of. Workers ask for more whenever they have answered, so each gets what it can do;
/// when nothing waits any more, an idle one is given a task that a slower one would keep the job waiting for. No clock and no actor.
/// </summary>
internal sealed class TaskSchedule
{
    /// <summary>Loading and packing a byte of a segment takes about as long as so many operations: 16 MiB in 40 ms beside 200 GFLOP/s.</summary>
    private const double LoadFlopsPerByte = 500;

    /// <summary>Asking for a home takes some milliseconds, a fraction of what so many operations take.</summary>
    private const double HomeFlopsMin = 1e10;

    /// <summary>A thread's speed before anybody's is known; only decides whether a copy of a task is worth while.</summary>
    private const double UnknownSpeed = 5e10;

    /// <summary>Workers that may compute one task at a time.</summary>
    private const int CopiesMax = 3;

    /// <summary>A second worker begins a task only when it should end in half the time that the first still needs.</summary>
    private const double SpareGain = 2;

    /// <summary>A task is overdue after so many times its expected time: jobs of others, and slow links, are not expected.</summary>
    private const double OverdueFactor = 8;

    private const int RefusedRank = 4;

    private static readonly TimeSpan s_overdueMin = TimeSpan.FromSeconds(2);

    private readonly AttentionPlan _plan;
    private readonly long _segmentBytes;
    private readonly SegmentQueue?[] _queues;
    private readonly Dictionary<string, ScheduledWorker> _workers = new(StringComparer.Ordinal);
    private readonly Dictionary<TaskId, HashSet<string>> _failedAt = [];

    /// <summary>A schedule of all tasks of a plan, without workers.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="segmentBytes">What a segment takes at a worker, in bytes.</param>
    internal TaskSchedule(AttentionPlan plan, long segmentBytes)
    {
        (_plan, _segmentBytes) = (plan, segmentBytes);
        _queues = [.. MakeQueues(plan)];
    }

    /// <summary>Segments with so much work that it is worth while to ask for their homes, and how much.</summary>
    internal IEnumerable<(SegmentId Segment, double Flops)> WorthAHome =>
        from queue in _queues
        where queue is not null && queue.FlopsLeft >= HomeFlopsMin
        select (queue.Id, queue.FlopsLeft);

    /// <summary>Workers that can take a task, the one with the least to do first.</summary>
    internal IReadOnlyList<string> WithRoom =>
        [.. _workers.Values.Where(worker => worker.HasRoom).OrderBy(worker => (double)worker.Out.Count / worker.Capacity.Threads).Select(worker => worker.Name)];

    internal bool Knows(string worker) => _workers.ContainsKey(worker);

    internal void AddWorker(string name, WorkerCapacity capacity)
    {
        if (!_workers.TryGetValue(name, out ScheduledWorker? known))
            _workers.Add(name, new ScheduledWorker(name, capacity));
        else
            known.IsLeaving = false;
    }

    /// <summary>A task that nobody need compute.</summary>
    internal void Skip(TaskId task) => Queue(SegmentOf(task))!.Take(task.Block);

    /// <summary>It gets no more tasks; those that it has it will answer.</summary>
    internal void StopSending(string name)
    {
        if (_workers.TryGetValue(name, out ScheduledWorker? worker))
            worker.IsLeaving = true;
        LeaveHomes(name);
    }

    /// <summary>It is gone, and with it what it held.</summary>
    /// <returns>The tasks that it had.</returns>
    internal IReadOnlyList<TaskId> RemoveWorker(string name)
    {
        LeaveHomes(name);
        foreach (SegmentQueue? queue in _queues)
            queue?.Holders.Remove(name);
        return _workers.Remove(name, out ScheduledWorker? worker) ? [.. worker.Out.Select(sent => sent.Task)] : [];
    }

    /// <summary>Keeps a segment from everybody until its home is known, or <see cref="StopLocating"/>.</summary>
    internal void Locate(SegmentId segment) => Queue(segment)!.IsBeingLocated = true;

    internal void SetHome(SegmentId segment, string worker)
    {
        if (Queue(segment) is { } queue && _workers.TryGetValue(worker, out ScheduledWorker? home) && !home.IsLeaving)
            (queue.Home, queue.IsBeingLocated) = (worker, false);
    }

    internal void StopLocating()
    {
        foreach (SegmentQueue? queue in _queues)
            queue?.IsBeingLocated = false;
    }

    /// <summary>The next task for a worker, which has it from now on.</summary>
    /// <param name="worker">One of <see cref="WithRoom"/>.</param>
    /// <param name="open">Blocks of a head (batch entry times KV heads, plus KV head) that have been begun.</param>
    /// <param name="mayOpen">Whether another one may be begun.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null when there is none for it now.</returns>
    internal TaskId? Next(string worker, Func<int, IReadOnlyList<int>> open, bool mayOpen, TimeSpan now)
    {
        ScheduledWorker asking = _workers[worker];
        var waiting = new Lazy<Dictionary<string, double>>(WaitingAtHomes);
        SegmentQueue? best = null;
        (int Rank, double Order) bestRank = default;
        int bestBlock = 0;
        foreach (SegmentQueue? queue in _queues)
        {
            if (queue is not { IsBeingLocated: false })
                continue;
            int? next = mayOpen ? queue.Next : queue.NextOf(open(HeadOf(queue.Id)));
            if (next is not { } block || !MayTry(asking, new TaskId(block, queue.Id.Segment)))
                continue;
            (int Rank, double Order) rank = Rank(asking, queue, block, waiting);
            if (rank.Rank < RefusedRank && (best is null || rank.CompareTo(bestRank) < 0) && asking.CanHold(queue.Id))
                (best, bestRank, bestBlock) = (queue, rank, block);
        }

        if (best is null)
            return null;
        var task = new TaskId(bestBlock, best.Id.Segment);
        best.Take(bestBlock);
        Send(asking, best, task, now);
        return task;
    }

    /// <summary>The task of the lowest segment of a block that waits, whosever it is, for a worker that can take it.</summary>
    internal TaskId? NextInOrder(string worker, int block, TimeSpan now)
    {
        ScheduledWorker asking = _workers[worker];
        QueryBlock queryBlock = _plan.Block(block);
        for (int segment = queryBlock.Segments.Start; segment < queryBlock.Segments.End; segment++)
        {
            var task = new TaskId(block, segment);
            SegmentQueue queue = Queue(SegmentOf(task))!;
            if (queue.NextOf([block]) is null)
                continue;
            if (!asking.CanHold(queue.Id) || !MayTry(asking, task))
                return null;
            queue.Take(block);
            Send(asking, queue, task, now);
            return task;
        }

        return null;
    }

    /// <summary>A task that another worker has, for one that has nothing else to do, which has it too from now on.</summary>
    /// <param name="worker">One of <see cref="WithRoom"/>.</param>
    /// <param name="isWanted">Whether a task is still to be answered.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null when none is worth while.</returns>
    internal TaskId? Spare(string worker, Func<TaskId, bool> isWanted, TimeSpan now)
    {
        ScheduledWorker asking = _workers[worker];
        if (!asking.IsIdle)
            return null;
        (SegmentQueue Queue, TaskId Task)? best = null;
        TimeSpan longest = TimeSpan.Zero;
        foreach (ScheduledWorker slow in _workers.Values.Where(other => other != asking))
        {
            double ahead = 0;
            foreach (SentTask sent in slow.Out)
            {
                ahead += sent.Flops;
                SegmentQueue queue = Queue(sent.Segment)!;
                TimeSpan left = Seconds(ahead / (SpeedOf(slow) * slow.Capacity.Threads));
                TimeSpan here = TimeFor(asking, queue, sent.Flops);
                bool isOverdue = now - sent.SentAt > Max(s_overdueMin, OverdueFactor * sent.Expected);
                if (isOverdue)
                    left = Max(left, now - sent.SentAt);
                if ((isOverdue || left > SpareGain * here) && left > longest && isWanted(sent.Task) && WorkersWith(sent.Task) < CopiesMax
                    && !asking.Out.Any(own => own.Task == sent.Task) && asking.CanHold(queue.Id) && MayTry(asking, sent.Task))
                {
                    (best, longest) = ((queue, sent.Task), left);
                }
            }
        }

        if (best is not { } chosen)
            return null;
        Send(asking, chosen.Queue, chosen.Task, now);
        return chosen.Task;
    }

    /// <summary>A worker has computed a task.</summary>
    internal void Answered(string worker, TaskId task, double kernelSeconds)
    {
        if (_workers.TryGetValue(worker, out ScheduledWorker? from) && from.Remove(task))
            from.Measure(FlopsOf(task), kernelSeconds);
    }

    /// <summary>A worker does not have a task any more.</summary>
    internal void Forget(string worker, TaskId task)
    {
        if (_workers.TryGetValue(worker, out ScheduledWorker? from))
            from.Remove(task);
    }

    /// <summary>A task must be sent again.</summary>
    /// <param name="task">Which.</param>
    /// <param name="failedAt">Where it has failed: another worker is to try it, if there is one. Null when nobody failed.</param>
    internal void PutBack(TaskId task, string? failedAt)
    {
        if (failedAt is not null)
        {
            if (!_failedAt.TryGetValue(task, out HashSet<string>? workers))
                _failedAt.Add(task, workers = new HashSet<string>(StringComparer.Ordinal));
            workers.Add(failedAt);
        }

        SegmentQueue queue = Queue(SegmentOf(task))!;
        queue.PutBack(task.Block);
        if (queue.Home == failedAt)
            queue.Home = null;
    }

    internal SegmentId SegmentOf(TaskId task)
    {
        QueryBlock block = _plan.Block(task.Block);
        return new SegmentId(block.Batch, block.KvHead, task.Segment);
    }

    internal double FlopsOf(TaskId task) => _plan.TaskFlops(_plan.Block(task.Block), task.Segment);

    /// <summary>Blocks that see a segment are the same for all heads: found once for each segment.</summary>
    private static IEnumerable<SegmentQueue?> MakeQueues(AttentionPlan plan)
    {
        int heads = plan.Shape.Batch * plan.Shape.KvHeads;
        var first = new int[plan.SegmentCount];
        var end = new int[plan.SegmentCount];
        var flops = new double[plan.SegmentCount];
        for (int index = 0; index < plan.BlockCount; index += heads)
        {
            QueryBlock block = plan.Block(index);
            for (int segment = block.Segments.Start; segment < block.Segments.End; segment++)
            {
                if (end[segment] == 0)
                    first[segment] = index;
                end[segment] = index + heads;
                flops[segment] += plan.TaskFlops(block, segment);
            }
        }

        for (int head = 0; head < heads; head++)
        {
            for (int segment = 0; segment < plan.SegmentCount; segment++)
            {
                var id = new SegmentId(head / plan.Shape.KvHeads, head % plan.Shape.KvHeads, segment);
                yield return end[segment] == 0 ? null : new SegmentQueue(plan, id, first[segment] + head, end[segment], flops[segment]);
            }
        }
    }

    /// <summary>The smaller, the sooner; <see cref="RefusedRank"/> is never.</summary>
    private (int Rank, double Order) Rank(ScheduledWorker asking, SegmentQueue queue, int block, Lazy<Dictionary<string, double>> waiting)
    {
        bool isHeld = queue.Holders.Contains(asking.Name);
        if (queue.Home == asking.Name)
            return (0, block);
        if (queue.Home is null || !MayTry(_workers[queue.Home], new TaskId(block, queue.Id.Segment)))
            return (isHeld || queue.Holders.Count == 0 || asking.IsHungry ? 1 : RefusedRank, block + (isHeld ? 0.0 : 0.5));
        if (!asking.IsHungry || (!isHeld && !IsWorthACopy(asking, queue.Home, waiting.Value)))
            return (RefusedRank, 0);
        return (isHeld ? 2 : 3, -queue.FlopsLeft / (1 + queue.Holders.Count));
    }

    /// <summary>Whether an owner has more left to do than a copy of a segment costs to load.</summary>
    private bool IsWorthACopy(ScheduledWorker asking, string home, Dictionary<string, double> waiting)
    {
        ScheduledWorker owner = _workers[home];
        double left = (owner.FlopsOut + waiting[home]) / owner.Capacity.Threads;
        return left > (_segmentBytes * LoadFlopsPerByte) + (asking.FlopsOut / asking.Capacity.Threads);
    }

    /// <summary>Operations that wait for each home.</summary>
    private Dictionary<string, double> WaitingAtHomes() => _queues
        .Where(queue => queue?.Home is not null)
        .GroupBy(queue => queue!.Home!, queue => queue!.FlopsLeft, StringComparer.Ordinal)
        .ToDictionary(home => home.Key, home => home.Sum(), StringComparer.Ordinal);

    /// <summary>A task that has failed here goes elsewhere, unless there is no other place.</summary>
    private bool MayTry(ScheduledWorker asking, TaskId task) =>
        !_failedAt.TryGetValue(task, out HashSet<string>? failedAt) || !failedAt.Contains(asking.Name)
        || _workers.Values.All(worker => worker.IsLeaving || failedAt.Contains(worker.Name));

    private void Send(ScheduledWorker worker, SegmentQueue queue, TaskId task, TimeSpan now)
    {
        double flops = FlopsOf(task);
        TimeSpan expected = Seconds(worker.FlopsOut / (SpeedOf(worker) * worker.Capacity.Threads)) + TimeFor(worker, queue, flops);
        worker.Send(new SentTask(task, queue.Id, flops, now, expected));
        queue.Holders.Add(worker.Name);
    }

    private TimeSpan TimeFor(ScheduledWorker worker, SegmentQueue queue, double flops)
    {
        double loading = queue.Holders.Contains(worker.Name) ? 0 : _segmentBytes * LoadFlopsPerByte;
        return Seconds((flops + loading) / SpeedOf(worker));
    }

    /// <summary>Its own, or else that of the others.</summary>
    private double SpeedOf(ScheduledWorker worker) =>
        worker.ThreadSpeed ?? _workers.Values.Select(other => other.ThreadSpeed).Where(speed => speed is not null).Average() ?? UnknownSpeed;

    private int WorkersWith(TaskId task) => _workers.Values.Count(worker => worker.Out.Any(sent => sent.Task == task));

    private int HeadOf(SegmentId id) => (id.Batch * _plan.Shape.KvHeads) + id.KvHead;

    private SegmentQueue? Queue(SegmentId id)
    {
        int index = (HeadOf(id) * _plan.SegmentCount) + id.Segment;
        return index >= 0 && index < _queues.Length ? _queues[index] : null;
    }

    private void LeaveHomes(string worker)
    {
        foreach (SegmentQueue? queue in _queues)
        {
            if (queue?.Home == worker)
                queue.Home = null;
        }
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(1).TotalSeconds));

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
