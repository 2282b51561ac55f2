using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// Which worker gets which task of a job next: first what is at home with it, then what has no home, then, when it has little left to do,
/// what waits at others, whose segments it then holds a copy of. Workers ask for more whenever they have answered, so each gets what it can do;
/// when nothing waits any more, an idle one is given a task that a slower one would keep the job waiting for. Each task has a deadline from the
/// measured speed of its worker, after which it is asked for again, and given to another as well. No clock and no actor.
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

    /// <summary>A task's deadline is so many times its expected time: jobs of others, and slow links, are not expected.</summary>
    private const double DeadlineFactor = 8;

    private const int RefusedRank = 4;

    private static readonly TimeSpan s_deadlineMin = TimeSpan.FromSeconds(2);

    private readonly AttentionPlan _plan;
    private readonly long _segmentBytes;
    private readonly SegmentBoard _board;
    private readonly Dictionary<string, ScheduledWorker> _workers = new(StringComparer.Ordinal);
    private readonly Dictionary<TaskId, HashSet<string>> _failedAt = [];

    /// <summary>A schedule of all tasks of a plan, without workers.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="segmentBytes">What a segment takes at a worker, in bytes.</param>
    internal TaskSchedule(AttentionPlan plan, long segmentBytes)
    {
        (_plan, _segmentBytes) = (plan, segmentBytes);
        _board = new SegmentBoard(plan);
    }

    /// <summary>Segments with so much work that it is worth while to ask for their homes, and how much.</summary>
    internal IEnumerable<(SegmentId Segment, double Flops)> WorthAHome =>
        from queue in _board.WithFlops(HomeFlopsMin)
        select (queue.Id, queue.FlopsLeft);

    /// <summary>The time; set before anything else is asked.</summary>
    internal TimeSpan Now { get; set; }

    /// <summary>Workers that can take a task, the one with the least to do first.</summary>
    internal IReadOnlyList<string> WithRoom =>
        [.. _workers.Values.Where(worker => worker.HasRoom(Now)).OrderBy(worker => (double)worker.Out.Count / worker.Capacity.Threads).Select(worker => worker.Name)];

    /// <summary>How many there are, those that leave too.</summary>
    internal int WorkerCount => _workers.Count;

    /// <summary>The longest time that one of the workers that are there had no task, after its first one.</summary>
    internal TimeSpan LongestIdle => _workers.Values.Select(worker => worker.LongestIdle(Now)).DefaultIfEmpty().Max();

    internal void AddWorker(string name, WorkerCapacity capacity)
    {
        if (!_workers.TryGetValue(name, out ScheduledWorker? known))
            _workers.Add(name, new ScheduledWorker(name, capacity));
        else
            known.IsLeaving = false;
    }

    /// <summary>A task that nobody need compute.</summary>
    internal void Skip(TaskId task)
    {
        SegmentQueue queue = _board.Make(SegmentOf(task))!;
        _board.Take(queue, task.Block);
        _board.Finish(queue, task.Block);
    }

    /// <summary>The partial of a task has been merged.</summary>
    /// <returns>The workers that may hold its segment, when that was the segment's last task.</returns>
    internal IReadOnlyCollection<string> Finish(TaskId task)
    {
        SegmentQueue queue = _board.Make(SegmentOf(task))!;
        return _board.Finish(queue, task.Block) ? queue.Holders : [];
    }

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
        foreach (SegmentQueue queue in _board.Made)
            queue.RemoveHolder(name);
        IReadOnlyList<TaskId> tasks = OutAt(name);
        _workers.Remove(name);
        return tasks;
    }

    /// <summary>Whether a segment has a home that is there, or needs none any more.</summary>
    internal bool HasHome(SegmentId segment) => _board.IsFinished(segment) || _board.Find(segment) is { Home: not null };

    /// <summary>Whether tasks of a segment wait.</summary>
    internal bool HasWaiting(SegmentId segment) => _board.Find(segment) is { Next: not null };

    /// <summary>Segments that have a worker for their home.</summary>
    internal IReadOnlyList<SegmentId> AtHomeWith(string worker) => [.. from queue in _board.Made where queue.Home == worker select queue.Id];

    /// <summary>The tasks that a worker has.</summary>
    internal IReadOnlyList<TaskId> OutAt(string worker) => _workers.TryGetValue(worker, out ScheduledWorker? at) ? [.. at.Out.Select(sent => sent.Task)] : [];

    /// <summary>Whether a worker has said that it goes.</summary>
    internal bool IsLeaving(string worker) => _workers.TryGetValue(worker, out ScheduledWorker? at) && at.IsLeaving;

    /// <summary>Keeps a segment from everybody until its home is known, or <see cref="StopLocating"/>.</summary>
    internal void Locate(SegmentId segment)
    {
        if (_board.Make(segment) is not { } queue)
            return;
        queue.IsBeingLocated = true;
        _board.Locate(queue);
    }

    internal void SetHome(SegmentId segment, string worker)
    {
        if (_workers.TryGetValue(worker, out ScheduledWorker? home) && !home.IsLeaving && _board.Make(segment) is { } queue)
        {
            (queue.Home, queue.IsBeingLocated) = (worker, false);
            _board.Locate(queue);
        }
    }

    internal void StopLocating()
    {
        foreach (SegmentQueue queue in _board.Made)
            queue.IsBeingLocated = false;
    }

    /// <summary>The next task for a worker, which has it from now on.</summary>
    /// <param name="worker">One of <see cref="WithRoom"/>.</param>
    /// <param name="open">Blocks of a head (batch entry times KV heads, plus KV head) that have been begun.</param>
    /// <param name="mayOpen">Whether another one may be begun.</param>
    /// <returns>Null when there is none for it now.</returns>
    internal TaskId? Next(string worker, Func<int, IReadOnlyList<int>> open, bool mayOpen)
    {
        ScheduledWorker asking = _workers[worker];
        var waiting = new Lazy<Dictionary<string, double>>(WaitingAtHomes);
        SegmentQueue? best = null;
        (int Rank, double Order, int Index) bestRank = default;
        int bestBlock = 0;
        foreach (SegmentQueue queue in _board.Candidates(asking, mayOpen))
        {
            if (queue.IsBeingLocated)
                continue;
            int? next = mayOpen ? queue.Next : queue.NextOf(open(HeadOf(queue.Id)));
            if (next is not { } block || !MayTry(asking, new TaskId(block, queue.Id.Segment)))
                continue;
            (int Rank, double Order, int Index) rank = Rank(asking, queue, block, waiting);
            if (rank.Rank < RefusedRank && (best is null || rank.CompareTo(bestRank) < 0) && asking.CanHold(queue.Id))
                (best, bestRank, bestBlock) = (queue, rank, block);
        }

        if (best is null)
            return null;
        var task = new TaskId(bestBlock, best.Id.Segment);
        _board.Take(best, bestBlock);
        Send(asking, best, task);
        return task;
    }

    /// <summary>The task of the lowest segment of a block that waits, whosever it is, for a worker that can take it.</summary>
    internal TaskId? NextInOrder(string worker, int block)
    {
        ScheduledWorker asking = _workers[worker];
        QueryBlock queryBlock = _plan.Block(block);
        foreach (int segment in _plan.SegmentsOf(queryBlock))
        {
            var task = new TaskId(block, segment);
            SegmentQueue? queue = _board.Make(SegmentOf(task));
            if (queue?.NextOf([block]) is null)
                continue;
            if (!asking.CanHold(queue.Id) || !MayTry(asking, task))
                return null;
            _board.Take(queue, block);
            Send(asking, queue, task);
            return task;
        }

        return null;
    }

    /// <summary>A task that another worker has, for one that has nothing else to do, which has it too from now on.</summary>
    /// <param name="worker">One of <see cref="WithRoom"/>.</param>
    /// <param name="isWanted">Whether a task is still to be answered.</param>
    /// <returns>Null when none is worth while.</returns>
    internal TaskId? Spare(string worker, Predicate<TaskId> isWanted) =>
        _workers[worker].IsIdle(Now) ? Duplicate(worker, isWanted, onlyLate: false) : null;

    /// <summary>A task that another worker should have answered by now, for one with little to do, which has it too from now on.</summary>
    /// <inheritdoc cref="Spare"/>
    internal TaskId? Late(string worker, Predicate<TaskId> isWanted) =>
        _workers[worker].IsHungry(Now) ? Duplicate(worker, isWanted, onlyLate: true) : null;

    /// <summary>Tasks whose message or answer may be lost, since they should have been answered by now; each is listed again only after a while.</summary>
    internal IReadOnlyList<(string Worker, TaskId Task)> ToAskAgain() =>
        [.. from worker in _workers.Values from sent in worker.Out where sent.IsToAsk(Deadline(worker, sent), Now) select (worker.Name, sent.Task)];

    /// <summary>A worker has computed a task.</summary>
    internal void Answered(string worker, TaskId task, double kernelSeconds)
    {
        if (_workers.TryGetValue(worker, out ScheduledWorker? from) && from.Remove(task, Now))
            from.Measure(FlopsOf(task), kernelSeconds);
    }

    /// <summary>A worker does not have a task any more.</summary>
    internal void Forget(string worker, TaskId task)
    {
        if (_workers.TryGetValue(worker, out ScheduledWorker? from))
            from.Remove(task, Now);
    }

    /// <summary>A worker gets nothing for a while: something went wrong there that passes.</summary>
    internal void Rest(string worker)
    {
        if (_workers.TryGetValue(worker, out ScheduledWorker? troubled))
            troubled.Rest(Now);
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

        _board.PutBack(_board.Make(SegmentOf(task))!, task.Block);
    }

    internal SegmentId SegmentOf(TaskId task)
    {
        QueryBlock block = _plan.Block(task.Block);
        return new SegmentId(block.Batch, block.KvHead, task.Segment);
    }

    internal double FlopsOf(TaskId task) => _plan.TaskFlops(_plan.Block(task.Block), task.Segment);

    /// <summary>The smaller, the sooner; <see cref="RefusedRank"/> is never.</summary>
    private (int Rank, double Order, int Index) Rank(ScheduledWorker asking, SegmentQueue queue, int block, Lazy<Dictionary<string, double>> waiting)
    {
        bool isHeld = queue.IsHeldBy(asking.Name);
        if (queue.Home == asking.Name)
            return (0, block, queue.Index);
        if (queue.Home is null || !MayTry(_workers[queue.Home], new TaskId(block, queue.Id.Segment)))
            return (isHeld || queue.Holders.Count == 0 || asking.IsHungry(Now) ? 1 : RefusedRank, block + (isHeld ? 0.0 : 0.5), queue.Index);
        if (!asking.IsHungry(Now) || (!isHeld && !IsWorthACopy(asking, queue.Home, waiting.Value)))
            return (RefusedRank, 0, 0);
        return (isHeld ? 2 : 3, -queue.FlopsLeft / (1 + queue.Holders.Count), queue.Index);
    }

    /// <summary>Whether an owner has more left to do than a copy of a segment costs to load.</summary>
    private bool IsWorthACopy(ScheduledWorker asking, string home, Dictionary<string, double> waiting)
    {
        ScheduledWorker owner = _workers[home];
        double left = (owner.FlopsOut + waiting[home]) / owner.Capacity.Threads;
        return left > (_segmentBytes * LoadFlopsPerByte) + (asking.FlopsOut / asking.Capacity.Threads);
    }

    /// <summary>Operations that wait for each home.</summary>
    private Dictionary<string, double> WaitingAtHomes() => _board.Made
        .Where(queue => queue.Home is not null)
        .GroupBy(queue => queue.Home!, queue => queue.FlopsLeft, StringComparer.Ordinal)
        .ToDictionary(home => home.Key, home => home.Sum(), StringComparer.Ordinal);

    /// <summary>A task that has failed here goes elsewhere, unless there is no other place.</summary>
    private bool MayTry(ScheduledWorker asking, TaskId task) =>
        !_failedAt.TryGetValue(task, out HashSet<string>? failedAt) || !failedAt.Contains(asking.Name)
        || _workers.Values.All(worker => worker.IsLeaving || failedAt.Contains(worker.Name));

    private TaskId? Duplicate(string worker, Predicate<TaskId> isWanted, bool onlyLate)
    {
        ScheduledWorker asking = _workers[worker];
        (SegmentQueue Queue, TaskId Task)? best = null;
        TimeSpan longest = TimeSpan.Zero;
        foreach (ScheduledWorker slow in _workers.Values.Where(other => other != asking))
        {
            double ahead = 0;
            foreach (SentTask sent in slow.Out)
            {
                ahead += sent.Flops;
                bool isLate = Now - sent.SentAt > Deadline(slow, sent);
                if (onlyLate && !isLate)
                    continue;
                if (_board.Find(sent.Segment) is not { } queue)
                    continue;
                TimeSpan left = Seconds(ahead / (SpeedOf(slow) * slow.Capacity.Threads));
                TimeSpan here = Seconds((sent.Flops + LoadingAt(asking, queue)) / SpeedOf(asking));
                if (isLate)
                    left = Max(left, Now - sent.SentAt);
                if ((isLate || left > SpareGain * here) && left > longest && isWanted(sent.Task) && WorkersWith(sent.Task) < CopiesMax
                    && !asking.Out.Any(own => own.Task == sent.Task) && asking.CanHold(queue.Id) && MayTry(asking, sent.Task))
                {
                    (best, longest) = ((queue, sent.Task), left);
                }
            }
        }

        if (best is not { } chosen)
            return null;
        Send(asking, chosen.Queue, chosen.Task);
        return chosen.Task;
    }

    private void Send(ScheduledWorker worker, SegmentQueue queue, TaskId task)
    {
        worker.Send(new SentTask(task, queue.Id, FlopsOf(task), worker.FlopsOut, LoadingAt(worker, queue), Now));
        queue.AddHolder(worker.Name);
    }

    private double LoadingAt(ScheduledWorker worker, SegmentQueue queue) => queue.IsHeldBy(worker.Name) ? 0 : _segmentBytes * LoadFlopsPerByte;

    private TimeSpan Deadline(ScheduledWorker worker, SentTask task) =>
        Max(s_deadlineMin, Seconds(DeadlineFactor * task.ExpectedSeconds(SpeedOf(worker), worker.Capacity.Threads)));

    /// <summary>Its own, or else that of the others.</summary>
    private double SpeedOf(ScheduledWorker worker) =>
        worker.ThreadSpeed ?? _workers.Values.Select(other => other.ThreadSpeed).Where(speed => speed is not null).Average() ?? UnknownSpeed;

    private int WorkersWith(TaskId task) => _workers.Values.Count(worker => worker.Out.Any(sent => sent.Task == task));

    private int HeadOf(SegmentId id) => (id.Batch * _plan.Shape.KvHeads) + id.KvHead;

    private void LeaveHomes(string worker)
    {
        foreach (SegmentQueue queue in _board.Made)
        {
            if (queue.Home == worker)
                queue.Home = null;
        }
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(1).TotalSeconds));

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
