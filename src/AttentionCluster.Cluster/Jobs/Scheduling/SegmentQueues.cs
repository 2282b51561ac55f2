using System.Collections;
using System.Diagnostics.CodeAnalysis;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>
/// The segments of a job as queues of tasks. A job may have millions: a queue is made when it is first needed, and removed when its last
/// task has been merged, and when many wait, only some are compared for the next task of a worker.
/// </summary>
internal sealed class SegmentQueues(AttentionPlan plan)
{
    /// <summary>
    /// So many waiting queues are compared one by one; of more, only the first ones, those with a home, and those that the worker has
    /// tasks of.
    /// </summary>
    private const int ComparedMax = 1_024;

    private const int PeekMax = 64;

    private readonly Dictionary<int, SegmentQueue> _existing = [];

    /// <summary>Queues with a task that waits, by the block of the next one.</summary>
    private readonly SortedSet<(int Block, int Index)> _waiting = [];

    /// <summary>Queues that have a home, or had one, or whose home is requested.</summary>
    private readonly HashSet<SegmentQueue> _placed = [];

    private readonly BitArray _finished = new(plan.Shape.Batch * plan.Shape.KvHeads * plan.SegmentCount);

    private readonly SortedDictionary<int, BegunBlock> _begun = [];

    /// <summary>How far the plan's tasks have been looked through for segments without a queue.</summary>
    private int _nextBlock, _nextSegment;

    private SegmentQueue? _fresh;

    /// <summary>The queues that were made and are not finished.</summary>
    internal IReadOnlyCollection<SegmentQueue> Existing => _existing.Values;

    /// <summary>Whether the last task of a segment has been merged.</summary>
    internal bool IsFinished(SegmentId segment) => IndexOf(segment) is { } index && _finished[index];

    internal SegmentQueue? Find(SegmentId segment) => IndexOf(segment) is { } index ? _existing.GetValueOrDefault(index) : null;

    /// <summary>The queue of a segment, made if it does not exist.</summary>
    /// <returns>Null when the segment has no task, or none that is not merged.</returns>
    internal SegmentQueue? FindOrMake(SegmentId segment)
    {
        if (IndexOf(segment) is not { } index || _finished[index])
            return null;
        if (_existing.TryGetValue(index, out SegmentQueue? known))
            return known;
        var queue = new SegmentQueue(plan, segment, index);
        if (queue.TasksLeft == 0)
            return null;
        _existing.Add(index, queue);
        Enter(queue);
        return queue;
    }

    /// <summary>A queue has a home, or its home is requested: it is always among the candidates.</summary>
    internal void MarkPlaced(SegmentQueue queue) => _placed.Add(queue);

    /// <summary>A task is sent, or need not be.</summary>
    internal void Take(SegmentQueue queue, int block)
    {
        Leave(queue);
        queue.Take(block);
        Enter(queue);
        if (!_begun.TryGetValue(block, out BegunBlock? begun))
            _begun.Add(block, begun = new BegunBlock(plan.SegmentsOf(plan.Block(block)).Count()));
        begun.Waiting--;
    }

    /// <summary>A task that was taken waits again.</summary>
    internal void Requeue(SegmentQueue queue, int block)
    {
        Leave(queue);
        queue.Requeue(block);
        Enter(queue);
        _begun[block].Waiting++;
    }

    /// <summary>A task that was taken has been merged, or need not be.</summary>
    /// <returns>Whether it was its segment's last.</returns>
    internal bool Finish(SegmentQueue queue, int block)
    {
        if (--_begun[block].Left == 0)
            _begun.Remove(block);
        if (--queue.TasksLeft > 0)
            return false;
        _existing.Remove(queue.Index);
        _placed.Remove(queue);
        _finished[queue.Index] = true;
        return true;
    }

    /// <summary>The queues among which the next task of a worker is chosen.</summary>
    /// <param name="asking">The worker.</param>
    /// <param name="mayOpen">Whether a block may be begun.</param>
    internal IEnumerable<SegmentQueue> Candidates(WorkerLoad asking, bool mayOpen)
    {
        if (mayOpen)
            MakeNext();
        else
            MakeNextOfBegun();
        if (_waiting.Count <= ComparedMax)
            return All();
        SegmentQueue[] first = mayOpen ? [.. All().Take(PeekMax)] : [.. OfBegun().Take(PeekMax)];
        if (first.Length == 0 && _begun.Values.Any(begun => begun.Waiting > 0))
            return All();
        return first.Concat(_placed).Concat(asking.Sent.Select(sent => Find(sent.Segment)).OfType<SegmentQueue>());
    }

    private IEnumerable<SegmentQueue> All() => _waiting.Select(waiting => _existing[waiting.Index]);

    private IEnumerable<SegmentQueue> OfBegun() =>
        from begun in _begun
        where begun.Value.Waiting > 0
        from waiting in _waiting.GetViewBetween((begun.Key, 0), (begun.Key, int.MaxValue))
        select _existing[waiting.Index];

    /// <summary>
    /// Makes the queue that comes first in the plan of those that do not exist; none of the others is better for any worker.
    /// </summary>
    private void MakeNext()
    {
        if (_fresh is { IsBegun: false })
            return;
        for (_fresh = null; _fresh is null && _nextBlock < plan.BlockCount; _nextBlock++, _nextSegment = 0)
        {
            if (TryMake(_nextBlock, ref _nextSegment, out _fresh))
                return;
        }
    }

    /// <summary>The same of those that have a task in a block that was begun.</summary>
    private void MakeNextOfBegun()
    {
        foreach ((int block, BegunBlock begun) in _begun)
        {
            if (begun.Waiting == 0)
                continue;
            if (begun.Fresh is { IsBegun: false })
                return;
            int segment = begun.NextSegment;
            bool isMade = TryMake(block, ref segment, out SegmentQueue? fresh);
            (begun.NextSegment, begun.Fresh) = (segment, fresh);
            if (isMade)
                return;
        }
    }

    private bool TryMake(int index, ref int segment, [NotNullWhen(true)] out SegmentQueue? queue)
    {
        QueryBlock block = plan.Block(index);
        for (segment = Math.Max(segment, block.Segments.Start); segment < block.Segments.End; segment++)
        {
            var id = new SegmentId(block.Batch, block.KvHead, segment);
            int at = IndexOf(id)!.Value;
            if (!_finished[at] && !_existing.ContainsKey(at) && plan.HasTask(block, segment) && (queue = FindOrMake(id)) is not null)
                return true;
        }

        queue = null;
        return false;
    }

    private void Enter(SegmentQueue queue)
    {
        if (queue.Next is { } next)
            _waiting.Add((next, queue.Index));
    }

    private void Leave(SegmentQueue queue)
    {
        if (queue.Next is { } next)
            _waiting.Remove((next, queue.Index));
    }

    private int? IndexOf(SegmentId id)
    {
        long index = (((((long)id.Batch * plan.Shape.KvHeads) + id.KvHead) * plan.SegmentCount) + id.Segment);
        return index >= 0 && index < _finished.Length ? (int)index : null;
    }
}
