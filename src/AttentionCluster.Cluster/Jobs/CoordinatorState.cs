using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Core;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// The decisions of a job's coordinator: events in, effects out; no actor, no clock and no bytes. Tasks go to workers by a
/// <see cref="TaskSchedule"/> with a bounded number in flight; partials are merged in the order of each block's tree. Messages may be lost, late
/// or doubled in either direction: a task is asked for again until something is known of it, and an answer that comes twice, or late, changes nothing.
/// </summary>
/// <remarks>
/// What fails of itself counts: after <see cref="JobLimits.AttemptsMax"/> times, elsewhere if there is another worker, it fails the job. Troubles of
/// machines and networks don't; they are bounded by time (<see cref="JobLimits.ProgressTimeout"/>).
/// </remarks>
internal sealed class CoordinatorState(AttentionPlan plan, JobLimits limits, TaskSchedule schedule)
{
    private static readonly JobEffect[] Nothing = [];

    private readonly OpenBlocks _open = new(plan);

    /// <summary>Tasks sent and not merged.</summary>
    private readonly Dictionary<TaskId, TaskFlight> _inFlight = [];

    /// <summary>Attempts and failures of tasks that wait to be sent again.</summary>
    private readonly Dictionary<TaskId, TaskFlight> _grounded = [];

    /// <summary>The first block that was not looked at for being empty.</summary>
    private int _nextEmpty;

    /// <summary>Blocks without a visible key that were written before the job began here.</summary>
    private readonly HashSet<int> _emptyDone = [];

    /// <summary>Blocks without a visible key that are being written.</summary>
    private int _emptyOpen;

    /// <summary>Complete blocks whose rows are being written.</summary>
    private int _writing;

    /// <summary>
    /// Blocks that may be open: so many that their partials fit even if those come in the worst order, in which no two that have come are
    /// siblings.
    /// </summary>
    private readonly int _openMax = Math.Clamp(limits.PartialsMax / (2 + (plan.SegmentCount / 2)), 1, limits.TasksInFlight);

    /// <summary>
    /// Partials for which there is always room: with so many a block can be completed segment after segment, one at a time, because then no level of
    /// its tree has more than one that waits.
    /// </summary>
    private readonly int _reserve = 1 + MergeTree.LevelsOf(plan.SegmentCount);

    /// <summary>Merged partials that wait for their sibling.</summary>
    private int _waiting;

    private readonly Dictionary<TaskId, TaskOrigin> _origins = [];

    private int _blocksWritten;
    private bool _hasEnded;

    /// <summary>When the latest partial came, or block was written.</summary>
    private TimeSpan _progressAt;

    /// <summary>The latest trouble, for the reason when there was no progress.</summary>
    private string _lastTrouble = "none";

    /// <summary>The time; set before each event.</summary>
    internal TimeSpan Now
    {
        get => schedule.Now;
        set => schedule.Now = value;
    }

    /// <summary>Whether to remember where partials came from: for a job that verifies itself.</summary>
    internal bool KeepsOrigins { get; init; }

    /// <summary>Where the merged partials came from, if that is kept.</summary>
    internal IReadOnlyDictionary<TaskId, TaskOrigin> Origins => _origins;

    /// <summary>Tasks whose partial has been merged.</summary>
    internal int TasksDone { get; private set; }

    /// <summary>Floating-point operations of these.</summary>
    internal double FlopsDone { get; private set; }

    /// <summary>Tasks sent again.</summary>
    internal int Retries { get; private set; }

    /// <summary>Kernel tiles of the tasks that were sent again since no attempt at them was left, and of partials that came besides another.</summary>
    internal long TilesRecomputed { get; private set; }

    /// <summary>The longest time that one of the workers that are there had nothing to do, after its first task.</summary>
    internal TimeSpan LongestIdle => schedule.LongestIdle;

    /// <summary>Blocks that were written before; not to be called once the job has begun.</summary>
    internal void Restore(IReadOnlyCollection<int> blocks)
    {
        foreach (int block in blocks)
        {
            QueryBlock written = plan.Block(block);
            foreach (int segment in plan.SegmentsOf(written))
            {
                schedule.Skip(new TaskId(block, segment));
                TasksDone++;
                FlopsDone += schedule.FlopsOf(new TaskId(block, segment));
            }

            if (written.Segments.IsEmpty)
                _emptyDone.Add(block);
            _blocksWritten++;
        }
    }

    /// <summary>The job begins, or something has changed.</summary>
    internal IReadOnlyList<JobEffect> Proceed() => _hasEnded ? Nothing : _blocksWritten == plan.BlockCount ? Succeed() : DispatchMore();

    /// <summary>Some time has passed.</summary>
    internal IReadOnlyList<JobEffect> Tick()
    {
        if (_hasEnded)
            return Nothing;

        // Rows that a disk does not take yet have a limit of their own.
        if (_writing + _emptyOpen == 0 && Now - _progressAt >= limits.ProgressTimeout)
            return [Fail("no-progress", $"nothing has come of any task for {limits.ProgressTimeout.TotalSeconds:0} s; workers: {schedule.WorkerCount}; the latest trouble: {_lastTrouble}")];
        var effects = new List<JobEffect>();
        foreach ((string worker, TaskId task) in schedule.ToAskAgain())
            effects.Add(new JobEffect.AskAgain(task, _inFlight[task].Out.First(attempt => attempt.Value == worker).Key, worker));
        effects.AddRange(DispatchMore());
        return effects;
    }

    /// <summary>A worker takes tasks.</summary>
    internal IReadOnlyList<JobEffect> WorkerUp(string worker, WorkerCapacity capacity)
    {
        schedule.AddWorker(worker, capacity);
        return Proceed();
    }

    /// <summary>A worker takes no more tasks, and will answer those that it has.</summary>
    internal IReadOnlyList<JobEffect> WorkerLeaves(string worker)
    {
        schedule.StopSending(worker);
        return Proceed();
    }

    /// <summary>A worker will answer nothing any more, or can't be reached: then what it answers late changes nothing.</summary>
    internal IReadOnlyList<JobEffect> WorkerGone(string worker)
    {
        foreach (TaskId task in schedule.RemoveWorker(worker))
        {
            if (_hasEnded || !_inFlight.TryGetValue(task, out TaskFlight? flight) || !flight.Lose(worker))
                continue;
            if (flight.LostWith.Count >= limits.LossesMax)
                return [Fail("task-failed", $"query block {task.Block} against segment {task.Segment} was with {flight.LostWith.Count} workers as they were lost, and may be why: {string.Join(", ", flight.LostWith)}")];
            Ground(task, flight, null);
        }

        return Proceed();
    }

    /// <summary>The home of a segment is known.</summary>
    internal IReadOnlyList<JobEffect> Located(SegmentId segment, string worker)
    {
        schedule.SetHome(segment, worker);
        return Proceed();
    }

    /// <summary>Homes that are not known by now are waited for no longer.</summary>
    internal IReadOnlyList<JobEffect> StopLocating()
    {
        schedule.StopLocating();
        return Proceed();
    }

    /// <summary>A worker has a partial.</summary>
    internal IReadOnlyList<JobEffect> TaskDone(TaskId task, int attempt, string worker, double kernelSeconds, Claim claim)
    {
        if (_hasEnded || !_open.TryGet(task.Block, out OpenBlock? block))
            return [new JobEffect.Discard(claim)];

        // An answer comes twice: of each claim there is one pull, and its bytes are not freed under it.
        if (!block.Claims.Add(claim))
            return Nothing;
        if (!_inFlight.TryGetValue(task, out TaskFlight? flight))
            return [Waste(task, claim)];
        if (flight.Out.Remove(attempt))
            schedule.Answered(worker, task, kernelSeconds);
        if (!block.Arrived.TryAdd(task.Segment, claim))
            return [Waste(task, claim), .. DispatchMore()];
        _progressAt = Now;
        return [new JobEffect.Pull(task, claim), .. CancelOthers(task, flight), .. DispatchMore()];
    }

    /// <summary>The coordinator has a partial.</summary>
    internal IReadOnlyList<JobEffect> Pulled(TaskId task)
    {
        if (_hasEnded)
            return Nothing;
        OpenBlock block = _open[task.Block];
        block.Waiting.Enqueue(task.Segment);
        return MergeNext(task.Block, block);
    }

    /// <summary>A worker could not compute a task.</summary>
    /// <param name="task">Which.</param>
    /// <param name="attempt">And which attempt at it.</param>
    /// <param name="reason">Why.</param>
    /// <param name="worker">The worker.</param>
    /// <param name="isPassing">Whether that was its machine or the network, not the task.</param>
    internal IReadOnlyList<JobEffect> TaskFailed(TaskId task, int attempt, string reason, string worker, bool isPassing)
    {
        if (_hasEnded || !_inFlight.TryGetValue(task, out TaskFlight? flight) || !flight.Out.Remove(attempt))
            return Nothing;
        schedule.Forget(worker, task);
        return isPassing ? Troubled(task, flight, reason, worker) : Failed(task, flight, reason, worker);
    }

    /// <summary>A worker that leaves has not computed a task.</summary>
    internal IReadOnlyList<JobEffect> TaskReturned(TaskId task, int attempt, string worker)
    {
        if (_hasEnded || !_inFlight.TryGetValue(task, out TaskFlight? flight) || !flight.Out.Remove(attempt))
            return Nothing;
        schedule.Forget(worker, task);
        schedule.StopSending(worker);
        Ground(task, flight, null, isLost: false);
        return DispatchMore();
    }

    /// <summary>A partial could not be pulled: nobody will want it any more, and its task must be computed again.</summary>
    internal IReadOnlyList<JobEffect> PullFailed(TaskId task, string reason, string worker)
    {
        _open[task.Block].Arrived.Remove(task.Segment, out Claim claim);
        var discard = new JobEffect.Discard(claim);
        if (_hasEnded)
            return [discard];
        return [discard, .. Troubled(task, _inFlight[task], reason, worker)];
    }

    /// <summary>The coordinator has done a <see cref="JobEffect.Merge"/> or a <see cref="JobEffect.WriteEmpty"/>.</summary>
    /// <param name="block">The block.</param>
    /// <param name="task">The task; null when the block had none.</param>
    internal IReadOnlyList<JobEffect> Merged(int block, TaskId? task)
    {
        if (_hasEnded)
            return Nothing;
        var effects = new List<JobEffect>();
        if (task is not { } done)
        {
            _emptyOpen--;
            _progressAt = Now;
            _blocksWritten++;
        }
        else
        {
            effects.AddRange(TaskMerged(done, _open[block]));
        }

        effects.AddRange(_blocksWritten == plan.BlockCount ? Succeed() : DispatchMore());
        return effects;
    }

    /// <summary>The job is to end; whatever is still out will be ignored.</summary>
    internal void End() => _hasEnded = true;

    private JobEffect.Discard Waste(TaskId task, Claim claim)
    {
        TilesRecomputed += TilesOf(task);
        return new JobEffect.Discard(claim);
    }

    private long TilesOf(TaskId task) => plan.TaskTiles(plan.Block(task.Block), task.Segment);

    private JobEffect[] Succeed()
    {
        _hasEnded = true;
        return [new JobEffect.Succeed()];
    }

    private JobEffect[] MergeNext(int number, OpenBlock block)
    {
        if (block.IsMerging || !block.Waiting.TryDequeue(out int segment))
            return Nothing;
        block.IsMerging = true;
        IReadOnlyList<MergeStep> steps = block.Tree.Add(segment);
        block.StepsUnderWay = steps.Count;
        if (block.Tree.IsComplete)
            _writing++;
        return [new JobEffect.Merge(new TaskId(number, segment), steps, block.Tree.IsComplete)];
    }

    private List<JobEffect> TaskMerged(TaskId task, OpenBlock block)
    {
        var effects = new List<JobEffect>();
        block.IsMerging = false;
        block.Waits += 1 - block.StepsUnderWay;
        _waiting += 1 - block.StepsUnderWay;
        _inFlight.Remove(task);
        if (KeepsOrigins)
            _origins[task] = new TaskOrigin(block.Arrived[task.Segment].Node, block.Arrived[task.Segment].Checksum);
        TasksDone++;
        FlopsDone += schedule.FlopsOf(task);
        if (schedule.Finish(task) is { Count: > 0 } holders)
            effects.Add(new JobEffect.Release(schedule.SegmentOf(task), holders));
        if (!block.Tree.IsComplete)
        {
            effects.AddRange(MergeNext(task.Block, block));
            return effects;
        }

        _writing--;
        _progressAt = Now;
        _waiting -= block.Waits;
        _open.Close(task.Block);
        _blocksWritten++;
        return effects;
    }

    private List<JobEffect> Failed(TaskId task, TaskFlight flight, string reason, string worker)
    {
        flight.FailedAt.Add(worker);
        if (flight.FailedAt.Count >= limits.AttemptsMax)
            return [Fail("task-failed", $"query block {task.Block} against segment {task.Segment} failed {flight.FailedAt.Count} times, on {string.Join(", ", flight.FailedAt.Distinct())}, the last time: {reason}")];
        Ground(task, flight, worker);
        return DispatchMore();
    }

    private List<JobEffect> Troubled(TaskId task, TaskFlight flight, string reason, string worker)
    {
        _lastTrouble = $"{worker}: {reason}";
        schedule.Rest(worker);
        Ground(task, flight, null);
        return DispatchMore();
    }

    private JobEffect.Fail Fail(string code, FormattableString reason)
    {
        _hasEnded = true;
        return new JobEffect.Fail(new Refusal(code, FormattableString.Invariant(reason)));
    }

    /// <summary>A task that nobody has any more waits to be sent again.</summary>
    private void Ground(TaskId task, TaskFlight flight, string? failedAt, bool isLost = true)
    {
        if (flight.Out.Count > 0 || _open[task.Block].Arrived.ContainsKey(task.Segment))
            return;
        _inFlight.Remove(task);
        _grounded.Add(task, flight);
        if (isLost)
            TilesRecomputed += TilesOf(task);
        schedule.PutBack(task, failedAt);
    }

    private List<JobEffect> CancelOthers(TaskId task, TaskFlight flight)
    {
        var effects = new List<JobEffect>();
        foreach ((int attempt, string worker) in flight.Out)
        {
            schedule.Forget(worker, task);
            effects.Add(new JobEffect.Cancel(task, attempt, worker));
        }

        flight.Out.Clear();
        return effects;
    }

    private List<JobEffect> DispatchMore()
    {
        var effects = new List<JobEffect>();
        bool isAnySent = true;
        while (isAnySent)
        {
            isAnySent = false;
            foreach (string worker in schedule.WithRoom)
            {
                if (schedule.Late(worker, IsWanted) is { } late)
                    effects.Add(Send(late, worker));
                else if (_inFlight.Count < limits.TasksInFlight && NextFor(worker) is { } task)
                    effects.Add(Send(task, worker));
                else if (schedule.Spare(worker, IsWanted) is { } spare)
                    effects.Add(Send(spare, worker));
                else
                    continue;
                isAnySent = true;
            }
        }

        WriteEmptyBlocks(effects);
        return effects;
    }

    private TaskId? NextFor(string worker)
    {
        int partials = _inFlight.Count + _waiting;
        if (partials < limits.PartialsMax - _reserve || _open.Count == 0)
            return schedule.Next(worker, _open.OfHead, _open.Count < _openMax);

        // Memory is short: just the next segment of the block that was begun first, and nothing else of it.
        int oldest = _open.First;
        return partials < limits.PartialsMax && !_inFlight.Keys.Any(task => task.Block == oldest) ? schedule.NextInOrder(worker, oldest) : null;
    }

    private void WriteEmptyBlocks(List<JobEffect> effects)
    {
        for (; _nextEmpty < plan.BlockCount && _emptyOpen < limits.TasksInFlight; _nextEmpty++)
        {
            if (!plan.Block(_nextEmpty).Segments.IsEmpty || _emptyDone.Contains(_nextEmpty))
                continue;
            _emptyOpen++;
            effects.Add(new JobEffect.WriteEmpty(_nextEmpty));
        }
    }

    private bool IsWanted(TaskId task) => !_open[task.Block].Arrived.ContainsKey(task.Segment);

    private JobEffect.Dispatch Send(TaskId task, string worker)
    {
        _open.Open(task.Block);
        if (!_inFlight.TryGetValue(task, out TaskFlight? flight))
        {
            flight = _grounded.Remove(task, out TaskFlight? grounded) ? grounded : new TaskFlight();
            _inFlight.Add(task, flight);
        }

        int attempt = ++flight.Attempts;
        if (attempt > 1)
            Retries++;
        flight.Out.Add(attempt, worker);
        return new JobEffect.Dispatch(task, attempt, worker);
    }
}
