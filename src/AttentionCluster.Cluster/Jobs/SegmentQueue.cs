using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>The tasks of one segment that wait to be sent, in the plan's order.</summary>
internal sealed class SegmentQueue
{
    private readonly AttentionPlan _plan;
    private readonly int _step;
    private readonly int _endBlock;

    /// <summary>Blocks before <see cref="_nextBlock"/> that wait again.</summary>
    private readonly SortedSet<int> _putBack = [];

    /// <summary>Blocks after it that don't wait any more.</summary>
    private readonly HashSet<int> _takenAhead = [];

    /// <summary>No block from here on was ever sent, but those that were taken ahead.</summary>
    private int _nextBlock;

    /// <summary>All tasks of a segment.</summary>
    /// <param name="plan">The job's.</param>
    /// <param name="id">The segment.</param>
    /// <param name="firstBlock">The first block of the head that sees it.</param>
    /// <param name="endBlock">After the last one.</param>
    /// <param name="tasks">How many there are.</param>
    /// <param name="flops">Of all these tasks.</param>
    internal SegmentQueue(AttentionPlan plan, SegmentId id, int firstBlock, int endBlock, int tasks, double flops)
    {
        (_plan, Id, _nextBlock, _endBlock, TasksLeft, FlopsLeft) = (plan, id, firstBlock, endBlock, tasks, flops);
        _step = plan.Shape.Batch * plan.Shape.KvHeads;
    }

    internal SegmentId Id { get; }

    /// <summary>Its home, as far as that is known and alive.</summary>
    internal string? Home { get; set; }

    /// <summary>Whether the home is still being asked for: nobody else begins to load the segment meanwhile.</summary>
    internal bool IsBeingLocated { get; set; }

    /// <summary>Workers that have had a task of it, and so most probably still hold it.</summary>
    internal HashSet<string> Holders { get; } = new(StringComparer.Ordinal);

    /// <summary>Tasks whose partial has not been merged.</summary>
    internal int TasksLeft { get; set; }

    /// <summary>Of the tasks that wait.</summary>
    internal double FlopsLeft { get; private set; }

    /// <summary>The block of the next task; null when none waits.</summary>
    internal int? Next
    {
        get
        {
            int? fresh = _nextBlock < _endBlock ? _nextBlock : null;
            return _putBack.Count == 0 ? fresh : Math.Min(_putBack.Min, fresh ?? int.MaxValue);
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

    internal void Take(int block)
    {
        if (!_putBack.Remove(block))
            _takenAhead.Add(block);
        while (_nextBlock < _endBlock && (_takenAhead.Remove(_nextBlock) || !HasTask(_nextBlock)))
            _nextBlock += _step;
        FlopsLeft -= _plan.TaskFlops(_plan.Block(block), Id.Segment);
    }

    internal void PutBack(int block)
    {
        if (!_takenAhead.Remove(block))
            _putBack.Add(block);
        FlopsLeft += _plan.TaskFlops(_plan.Block(block), Id.Segment);
    }

    private bool IsWaiting(int block) =>
        _putBack.Contains(block) || (block >= _nextBlock && block < _endBlock && !_takenAhead.Contains(block) && HasTask(block));

    /// <summary>Between blocks that see a segment there may be some that don't.</summary>
    private bool HasTask(int block) => _plan.HasTask(_plan.Block(block), Id.Segment);
}
