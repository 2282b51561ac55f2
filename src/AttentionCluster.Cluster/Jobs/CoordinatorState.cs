using System.Globalization;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Core;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// The decisions of a job's coordinator: events in, effects out; no actor, no clock and no bytes. Tasks go to workers by a
/// <see cref="TaskSchedule"/> with a bounded number in flight; partials are merged in the order of each block's tree; an answer that comes
/// twice, or late, changes nothing.
/// </summary>
internal sealed class CoordinatorState(AttentionPlan plan, JobLimits limits, TaskSchedule schedule)
{
    private static readonly JobEffect[] Nothing = [];

    /// <summary>Blocks with a task out, or not all of it merged.</summary>
    private readonly Dictionary<int, OpenBlock> _open = [];

    /// <summary>The same by head.</summary>
    private readonly Dictionary<int, List<int>> _openOfHead = [];

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

    private int _blocksWritten;
    private bool _hasEnded;

    /// <summary>The time; set before each event.</summary>
    internal TimeSpan Now { get; set; }

    /// <summary>Tasks whose partial has been merged.</summary>
    internal int TasksDone { get; private set; }

    /// <summary>Floating-point operations of these.</summary>
    internal double FlopsDone { get; private set; }

    /// <summary>Tasks sent again.</summary>
    internal int Retries { get; private set; }

    /// <summary>Blocks that were written before; not to be called once the job has begun.</summary>
    internal void Restore(IReadOnlyCollection<int> blocks)
    {
        foreach (int block in blocks)
        {
            KeyRange segments = plan.Block(block).Segments;
            for (int segment = segments.Start; segment < segments.End; segment++)
            {
                schedule.Skip(new TaskId(block, segment));
                TasksDone++;
                FlopsDone += schedule.FlopsOf(new TaskId(block, segment));
            }

            if (segments.IsEmpty)
                _emptyDone.Add(block);
            _blocksWritten++;
        }
    }

    /// <summary>The job begins, or some time has passed.</summary>
    internal IReadOnlyList<JobEffect> Proceed() => _hasEnded ? Nothing : _blocksWritten == plan.BlockCount ? Succeed() : DispatchMore();

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

    /// <summary>A worker will answer nothing any more.</summary>
    internal IReadOnlyList<JobEffect> WorkerGone(string worker)
    {
        foreach (TaskId task in schedule.RemoveWorker(worker))
        {
            if (_inFlight.TryGetValue(task, out TaskFlight? flight) && flight.RemoveAllAt(worker))
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
        if (_hasEnded || !_open.TryGetValue(task.Block, out OpenBlock? block))
            return [new JobEffect.Discard(claim)];

        // An answer comes twice: of each claim there is one pull, and its bytes are not freed under it.
        if (!block.Claims.Add(claim))
            return Nothing;
        if (!_inFlight.TryGetValue(task, out TaskFlight? flight))
            return [new JobEffect.Discard(claim)];
        if (flight.Out.Remove(attempt))
            schedule.Answered(worker, task, kernelSeconds);
        if (!block.Arrived.TryAdd(task.Segment, claim))
            return [new JobEffect.Discard(claim), .. DispatchMore()];
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
    internal IReadOnlyList<JobEffect> TaskFailed(TaskId task, int attempt, string reason, string worker)
    {
        if (_hasEnded || !_inFlight.TryGetValue(task, out TaskFlight? flight) || !flight.Out.Remove(attempt))
            return Nothing;
        schedule.Forget(worker, task);
        return Failed(task, flight, reason, worker);
    }

    /// <summary>A worker that leaves has not computed a task.</summary>
    internal IReadOnlyList<JobEffect> TaskReturned(TaskId task, int attempt, string worker)
    {
        if (_hasEnded || !_inFlight.TryGetValue(task, out TaskFlight? flight) || !flight.Out.Remove(attempt))
            return Nothing;
        schedule.Forget(worker, task);
        Ground(task, flight, null);
        return DispatchMore();
    }

    /// <summary>A partial could not be pulled: nobody will want it any more, and its task must be computed again.</summary>
    internal IReadOnlyList<JobEffect> PullFailed(TaskId task, string reason, string worker)
    {
        _open[task.Block].Arrived.Remove(task.Segment, out Claim claim);
        var discard = new JobEffect.Discard(claim);
        if (_hasEnded)
            return [discard];
        TaskFlight flight = _inFlight[task];
        if (schedule.Knows(worker))
            return [discard, .. Failed(task, flight, reason, worker)];

        // It has died with what it had: no fault of the task.
        Ground(task, flight, null);
        return [discard, .. DispatchMore()];
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

    private JobEffect[] Succeed()
    {
        _hasEnded = true;
        return [new JobEffect.Succeed()];
    }

    private static JobEffect[] MergeNext(int number, OpenBlock block)
    {
        if (block.IsMerging || !block.Waiting.TryDequeue(out int segment))
            return Nothing;
        block.IsMerging = true;
        IReadOnlyList<MergeStep> steps = block.Tree.Add(segment);
        block.StepsUnderWay = steps.Count;
        return [new JobEffect.Merge(new TaskId(number, segment), steps, block.Tree.IsComplete)];
    }

    private JobEffect[] TaskMerged(TaskId task, OpenBlock block)
    {
        block.IsMerging = false;
        block.Waits += 1 - block.StepsUnderWay;
        _waiting += 1 - block.StepsUnderWay;
        _inFlight.Remove(task);
        TasksDone++;
        FlopsDone += schedule.FlopsOf(task);
        if (!block.Tree.IsComplete)
            return MergeNext(task.Block, block);
        _waiting -= block.Waits;
        Close(task.Block);
        _blocksWritten++;
        return Nothing;
    }

    private List<JobEffect> Failed(TaskId task, TaskFlight flight, string reason, string worker)
    {
        flight.Failures++;
        if (flight.Failures >= limits.AttemptsMax)
        {
            _hasEnded = true;
            return
            [
                new JobEffect.Fail(new Refusal(
                    "task-failed",
                    string.Create(CultureInfo.InvariantCulture, $"query block {task.Block} against segment {task.Segment} failed {flight.Failures} times, the last time on {worker}: {reason}"))),
            ];
        }

        Ground(task, flight, worker);
        return DispatchMore();
    }

    /// <summary>A task that nobody has any more waits to be sent again.</summary>
    private void Ground(TaskId task, TaskFlight flight, string? failedAt)
    {
        if (flight.Out.Count > 0 || _open[task.Block].Arrived.ContainsKey(task.Segment))
            return;
        _inFlight.Remove(task);
        _grounded.Add(task, flight);
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
                if (_inFlight.Count < limits.TasksInFlight && NextFor(worker) is { } task)
                    effects.Add(Send(task, worker));
                else if (schedule.Spare(worker, IsWanted, Now) is { } spare)
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
            return schedule.Next(worker, OpenBlocksOf, _open.Count < _openMax, Now);

        // Memory is short: just the next segment of the block that was begun first, and nothing else of it.
        int oldest = _open.Keys.Min();
        return partials < limits.PartialsMax && !_inFlight.Keys.Any(task => task.Block == oldest) ? schedule.NextInOrder(worker, oldest, Now) : null;
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

    private IReadOnlyList<int> OpenBlocksOf(int head) => _openOfHead.TryGetValue(head, out List<int>? blocks) ? blocks : [];

    private void Open(int block)
    {
        _open.Add(block, new OpenBlock(new MergeTree(plan.Block(block).Segments)));
        if (!_openOfHead.TryGetValue(HeadOf(block), out List<int>? blocks))
            _openOfHead.Add(HeadOf(block), blocks = []);
        blocks.Add(block);
    }

    private void Close(int block)
    {
        _open.Remove(block);
        _openOfHead[HeadOf(block)].Remove(block);
    }

    private int HeadOf(int block) => block % (plan.Shape.Batch * plan.Shape.KvHeads);

    private JobEffect.Dispatch Send(TaskId task, string worker)
    {
        if (!_open.ContainsKey(task.Block))
            Open(task.Block);
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

    /// <summary>What is known of a task that was sent.</summary>
    private sealed class TaskFlight
    {
        /// <summary>How often it was sent.</summary>
        internal int Attempts { get; set; }

        internal int Failures { get; set; }

        /// <summary>Attempts that are not answered, and where.</summary>
        internal Dictionary<int, string> Out { get; } = [];

        internal bool RemoveAllAt(string worker)
        {
            int[] there = [.. from attempt in Out where attempt.Value == worker select attempt.Key];
            Array.ForEach(there, attempt => Out.Remove(attempt));
            return there.Length > 0;
        }
    }

    private sealed class OpenBlock(MergeTree tree)
    {
        internal MergeTree Tree => tree;

        /// <summary>Merged partials that wait for their sibling, the finished one too.</summary>
        internal int Waits { get; set; }

        /// <summary>Segments whose partial is being pulled or here, with the claim for it.</summary>
        internal Dictionary<int, Claim> Arrived { get; } = [];

        /// <summary>Of the merge that is being done: each frees a partial.</summary>
        internal int StepsUnderWay { get; set; }

        /// <summary>All that were answered with.</summary>
        internal HashSet<Claim> Claims { get; } = [];

        /// <summary>Segments whose partial is here, and waits for the merge that is being done.</summary>
        internal Queue<int> Waiting { get; } = new();

        internal bool IsMerging { get; set; }
    }
}
