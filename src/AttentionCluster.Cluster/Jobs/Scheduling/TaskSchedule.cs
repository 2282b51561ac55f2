using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>
/// Which worker gets which task of a job next. Workers ask for more whenever they have answered, so each gets what it can do: the task
/// that suits it best (<see cref="TaskRanking"/>), or a straggler's (<see cref="SpeculativeExecution"/>). Pure: the time is an argument.
/// </summary>
internal sealed class TaskSchedule
{
    private readonly AttentionPlan _plan;
    private readonly SegmentQueues _queues;
    private readonly WorkerLoads _workers;
    private readonly TaskExclusions _exclusions;
    private readonly TaskRanking _ranking;
    private readonly SpeculativeExecution _speculation;

    /// <summary>A schedule without workers.</summary>
    /// <param name="plan">The job's plan.</param>
    /// <param name="costs">What things cost.</param>
    /// <param name="blocksDone">Blocks whose tasks need not be computed.</param>
    internal TaskSchedule(AttentionPlan plan, CostModel costs, IReadOnlyCollection<int> blocksDone)
    {
        _plan = plan;
        _queues = new SegmentQueues(plan);
        _workers = new WorkerLoads(costs);
        _exclusions = new TaskExclusions(_workers);
        _ranking = new TaskRanking(_queues, _workers, _exclusions, costs);
        _speculation = new SpeculativeExecution(_queues, _workers, _exclusions, costs);
        foreach (int block in blocksDone)
        {
            foreach (int segment in plan.SegmentsOf(plan.Block(block)))
                Skip(TaskId.Of(block, segment));
        }

        Placement = new SegmentPlacement(plan, _queues, _workers, costs.PlacementFlopsMin);
    }

    /// <summary>The homes of the segments.</summary>
    internal SegmentPlacement Placement { get; }

    /// <summary>How many workers there are, those that leave too.</summary>
    internal int WorkerCount => _workers.All.Count;

    /// <summary>Workers that can take a task, the one with the least to do first.</summary>
    internal IReadOnlyList<string> WithRoom(TimeSpan now) => _workers.WithRoom(now);

    /// <summary>The longest time that one of the workers that are there had no task, after its first one.</summary>
    internal TimeSpan LongestIdle(TimeSpan now) => _workers.LongestIdle(now);

    internal void AddWorker(string name, WorkerCapacity capacity) => _workers.Add(name, capacity);

    /// <summary>A worker gets no more tasks; it will answer those that it has.</summary>
    internal void StopSending(string name)
    {
        if (_workers.TryGet(name, out WorkerLoad? worker))
            worker.IsLeaving = true;
        Placement.RemoveHomes(name);
    }

    /// <summary>A worker is gone, and with it its replicas.</summary>
    /// <returns>The tasks that it had.</returns>
    internal IReadOnlyList<TaskId> RemoveWorker(string name)
    {
        Placement.RemoveHomes(name);
        foreach (SegmentQueue queue in _queues.Existing)
            queue.RemoveReplica(name);
        IReadOnlyList<TaskId> tasks = _workers.TasksAt(name);
        _workers.Remove(name);
        return tasks;
    }

    /// <summary>Whether a worker is there.</summary>
    internal bool HasWorker(string worker) => _workers.TryGet(worker, out _);

    /// <summary>Whether a worker is there and takes tasks.</summary>
    internal bool TakesTasks(string worker) => _workers.TryGet(worker, out WorkerLoad? at) && !at.IsLeaving;

    /// <summary>The tasks that a worker has.</summary>
    internal IReadOnlyList<TaskId> TasksAt(string worker) => _workers.TasksAt(worker);

    /// <summary>The next task for a worker, which has it from now on.</summary>
    /// <param name="worker">One of <see cref="WithRoom"/>.</param>
    /// <param name="open">Blocks of a head (batch entry times KV heads, plus KV head) that have been begun.</param>
    /// <param name="mayOpen">Whether another one may be begun.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null when there is none for it now.</returns>
    internal TaskId? Next(string worker, Func<int, IReadOnlyList<int>> open, bool mayOpen, TimeSpan now)
    {
        WorkerLoad asking = _workers[worker];
        Func<SegmentQueue, int?> nextOf = mayOpen ? queue => queue.Next : queue => queue.NextOf(open(HeadOf(queue.Id)));
        return _ranking.Best(asking, _queues.Candidates(asking, mayOpen), nextOf, now) is { } best
            ? Take(asking, best.Queue, TaskId.Of(best.Block, best.Queue.Id.Segment), now)
            : null;
    }

    /// <summary>The task of the lowest segment of a block that waits, wherever its home is, for a worker that can take it.</summary>
    internal TaskId? NextInOrder(string worker, int block, TimeSpan now)
    {
        WorkerLoad asking = _workers[worker];
        QueryBlock queryBlock = _plan.Block(block);
        foreach (int segment in _plan.SegmentsOf(queryBlock))
        {
            var task = TaskId.Of(block, segment);
            SegmentQueue? queue = _queues.FindOrMake(SegmentOf(task));
            if (queue?.NextOf([block]) is null)
                continue;
            return asking.CanHold(queue.Id) && _exclusions.MayTry(asking, task) ? Take(asking, queue, task, now) : null;
        }

        return null;
    }

    /// <summary>An overdue task of another worker, for one with little to do, which has it too from now on.</summary>
    /// <inheritdoc cref="SpeculativeExecution.Overdue"/>
    internal TaskId? NextOverdue(string worker, Predicate<TaskId> isWanted, TimeSpan now) =>
        SendToo(_workers[worker], _speculation.Overdue(_workers[worker], isWanted, now), now);

    /// <summary>A task that another worker has, for one that has nothing else to do, which has it too from now on.</summary>
    /// <inheritdoc cref="SpeculativeExecution.Speculative"/>
    internal TaskId? NextSpeculative(string worker, Predicate<TaskId> isWanted, TimeSpan now) =>
        SendToo(_workers[worker], _speculation.Speculative(_workers[worker], isWanted, now), now);

    /// <inheritdoc cref="SpeculativeExecution.ToRepeat"/>
    internal IReadOnlyList<(string Worker, TaskId Task)> ToRepeat(TimeSpan now) => _speculation.ToRepeat(now);

    /// <summary>A worker has computed a task.</summary>
    internal void Answered(string worker, TaskId task, double kernelSeconds, TimeSpan now)
    {
        if (_workers.TryGet(worker, out WorkerLoad? from) && from.Remove(task, now))
            from.Measure(FlopsOf(task), kernelSeconds);
    }

    /// <summary>A worker does not have a task any more.</summary>
    internal void Forget(string worker, TaskId task, TimeSpan now)
    {
        if (_workers.TryGet(worker, out WorkerLoad? from))
            from.Remove(task, now);
    }

    /// <summary>A worker, or the way there, has had a transient failure: it gets nothing for a while.</summary>
    internal void BackOff(string worker, TimeSpan now)
    {
        if (_workers.TryGet(worker, out WorkerLoad? failing))
            failing.BackOff(now);
    }

    /// <summary>A task must be sent again.</summary>
    /// <param name="task">The task.</param>
    /// <param name="failedAt">Where it has failed: another worker is to try it, if there is one. Null when it did not fail.</param>
    internal void Requeue(TaskId task, string? failedAt)
    {
        if (failedAt is not null)
            _exclusions.Exclude(task, failedAt);
        _queues.Requeue(_queues.FindOrMake(SegmentOf(task))!, task.Block);
    }

    /// <summary>The partial of a task has been merged.</summary>
    /// <returns>The workers with a replica of its segment, when that was the segment's last task.</returns>
    internal IReadOnlyCollection<string> Finish(TaskId task)
    {
        SegmentQueue queue = _queues.FindOrMake(SegmentOf(task))!;
        return _queues.Finish(queue, task.Block) ? queue.Replicas : [];
    }

    internal SegmentId SegmentOf(TaskId task)
    {
        QueryBlock block = _plan.Block(task.Block);
        return new SegmentId(block.Batch, block.KvHead, task.Segment);
    }

    internal double FlopsOf(TaskId task) => _plan.TaskFlops(_plan.Block(task.Block), task.Segment);

    private void Skip(TaskId task)
    {
        SegmentQueue queue = _queues.FindOrMake(SegmentOf(task))!;
        _queues.Take(queue, task.Block);
        _queues.Finish(queue, task.Block);
    }

    private TaskId Take(WorkerLoad worker, SegmentQueue queue, TaskId task, TimeSpan now)
    {
        _queues.Take(queue, task.Block);
        return Send(worker, queue, task, now);
    }

    private TaskId? SendToo(WorkerLoad worker, (SegmentQueue Queue, TaskId Task)? straggler, TimeSpan now) =>
        straggler is { } chosen ? Send(worker, chosen.Queue, chosen.Task, now) : null;

    private TaskId Send(WorkerLoad worker, SegmentQueue queue, TaskId task, TimeSpan now)
    {
        worker.Add(new SentTask(task, queue.Id, FlopsOf(task), worker.FlopsSent, _speculation.LoadFlopsAt(worker, queue), now));
        queue.AddReplica(worker.Name);
        return task;
    }

    private int HeadOf(SegmentId id) => (id.Batch * _plan.Shape.KvHeads) + id.KvHead;
}
