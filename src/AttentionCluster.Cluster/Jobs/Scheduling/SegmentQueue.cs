using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>The tasks of one segment that wait to be sent, in the plan's order.</summary>
internal sealed class SegmentQueue
{
    private readonly AttentionPlan _plan;
    private readonly int _step;
    private readonly int _endBlock;

    /// <summary>
    /// Blocks before <see cref="_nextBlock"/> whose task waits again; null until one does, since there may be a million of these queues.
    /// </summary>
    private SortedSet<int>? _requeued;

    /// <summary>Blocks after it whose task does not wait any more.</summary>
    private HashSet<int>? _takenAhead;

    private HashSet<string>? _replicas;

    /// <summary>No block from here on was ever sent, but those that were taken ahead.</summary>
    private int _nextBlock;

    /// <summary>A queue of all tasks of a segment, found by looking at each block of its head.</summary>
    /// <param name="plan">The plan of the job.</param>
    /// <param name="id">The segment.</param>
    /// <param name="index">Its number among all of the job.</param>
    internal SegmentQueue(AttentionPlan plan, SegmentId id, int index)
    {
        (_plan, Id, Index) = (plan, id, index);
        _step = plan.Shape.Batch * plan.Shape.KvHeads;
        _nextBlock = -1;
        for (int number = (id.Batch * plan.Shape.KvHeads) + id.KvHead; number < plan.BlockCount; number += _step)
        {
            QueryBlock block = plan.Block(number);
            if (!plan.HasTask(block, id.Segment))
                continue;
            if (_nextBlock < 0)
                _nextBlock = number;
            _endBlock = number + 1;
            TasksLeft++;
            FlopsLeft += plan.TaskFlops(block, id.Segment);
        }
    }

    internal SegmentId Id { get; }

    internal int Index { get; }

    /// <summary>Whether one of its tasks was taken.</summary>
    internal bool IsBegun { get; private set; }

    /// <summary>The worker that is its home; null while that is not known, or when it takes no tasks.</summary>
    internal string? Home { get; set; }

    /// <summary>Whether the job waits for its home to be known: no other worker begins to load the segment meanwhile.</summary>
    internal bool IsAwaitingHome { get; set; }

    /// <summary>Workers that have had a task of it, and so most probably have it in their cache.</summary>
    internal IReadOnlyCollection<string> Replicas => _replicas ?? (IReadOnlyCollection<string>)[];

    /// <summary>Tasks whose partial has not been merged.</summary>
    internal int TasksLeft { get; set; }

    /// <summary>Operations of the tasks that wait.</summary>
    internal double FlopsLeft { get; private set; }

    /// <summary>The block of the next task; null when none waits.</summary>
    internal int? Next
    {
        get
        {
            int? fresh = _nextBlock < _endBlock ? _nextBlock : null;
            return _requeued is { Count: > 0 } ? Math.Min(_requeued.Min, fresh ?? int.MaxValue) : fresh;
        }
    }

    /// <summary>The first of some blocks of its head whose task waits.</summary>
    internal int? NextOf(IReadOnlyList<int> blocks)
    {
        int? first = null;
        foreach (int block in blocks)
        {
            if ((first is null || block < first) && IsWaiting(block))
                first = block;
        }

        return first;
    }

    internal bool IsReplicatedAt(string worker) => _replicas is not null && _replicas.Contains(worker);

    internal void AddReplica(string worker) => (_replicas ??= new HashSet<string>(StringComparer.Ordinal)).Add(worker);

    internal void RemoveReplica(string worker) => _replicas?.Remove(worker);

    /// <summary>The task of a block waits no more.</summary>
    internal void Take(int block)
    {
        IsBegun = true;
        if (_requeued is null || !_requeued.Remove(block))
            (_takenAhead ??= []).Add(block);
        while (_nextBlock < _endBlock && (_takenAhead?.Remove(_nextBlock) == true || !HasTask(_nextBlock)))
            _nextBlock += _step;
        FlopsLeft -= _plan.TaskFlops(_plan.Block(block), Id.Segment);
    }

    /// <summary>The task of a block, which was taken, waits again.</summary>
    internal void Requeue(int block)
    {
        if (_takenAhead is null || !_takenAhead.Remove(block))
            (_requeued ??= []).Add(block);
        FlopsLeft += _plan.TaskFlops(_plan.Block(block), Id.Segment);
    }

    private bool IsWaiting(int block) =>
        _requeued?.Contains(block) == true
        || (block >= _nextBlock && block < _endBlock && _takenAhead?.Contains(block) != true && HasTask(block));

    /// <summary>Between blocks that see a segment there may be some that don't.</summary>
    private bool HasTask(int block) => _plan.HasTask(_plan.Block(block), Id.Segment);
}
