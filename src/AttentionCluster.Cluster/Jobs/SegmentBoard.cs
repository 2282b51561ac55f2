using System.Collections;
using System.Diagnostics.CodeAnalysis;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// The segments of a job as queues of tasks. A job may have millions: a queue is made when it is first needed, and is gone when its last task has been
/// merged, and for the next task of a worker only some are looked at when many wait.
/// </summary>
internal sealed class SegmentBoard(AttentionPlan plan)
{
    /// <summary>So many waiting queues are compared one by one; of more, only the first ones, and those that the worker has to do with.</summary>
    private const int ComparedMax = 1_024;

    private const int PeekMax = 64;

    private readonly Dictionary<int, SegmentQueue> _made = [];

    /// <summary>Made queues with a task that waits, by the block of the next one.</summary>
    private readonly SortedSet<(int Block, int Index)> _waiting = [];

    /// <summary>Queues that have a home, or had one, or whose home is asked for.</summary>
    private readonly HashSet<SegmentQueue> _located = [];

    private readonly BitArray _finished = new(plan.Shape.Batch * plan.Shape.KvHeads * plan.SegmentCount);

    /// <summary>Blocks with a task that was sent, and one that is not merged.</summary>
    private readonly SortedDictionary<int, BegunBlock> _begun = [];

    /// <summary>How far the plan's tasks have been looked through for segments without a queue.</summary>
    private int _freshBlock, _freshSegment;

    private SegmentQueue? _fresh;

    /// <summary>The queues that there are.</summary>
    internal IReadOnlyCollection<SegmentQueue> Made => _made.Values;

    /// <summary>Whether the last task of a segment has been merged.</summary>
    internal bool IsFinished(SegmentId segment) => IndexOf(segment) is { } index && _finished[index];

    internal SegmentQueue? Find(SegmentId segment) => IndexOf(segment) is { } index ? _made.GetValueOrDefault(index) : null;

    /// <summary>The queue of a segment, made if need be.</summary>
    /// <returns>Null when it has no task, or none that is not merged.</returns>
    internal SegmentQueue? Make(SegmentId segment)
    {
        if (IndexOf(segment) is not { } index || _finished[index])
            return null;
        if (_made.TryGetValue(index, out SegmentQueue? known))
            return known;
        var queue = new SegmentQueue(plan, segment, index);
        if (queue.TasksLeft == 0)
            return null;
        _made.Add(index, queue);
        Enter(queue);
        return queue;
    }

    /// <summary>The queues of the segments with at least so many operations.</summary>
    internal IEnumerable<SegmentQueue> WithFlops(double min)
    {
        (int heads, int rows) = (plan.Shape.Batch * plan.Shape.KvHeads, plan.Shape.QueryRows);
        if (2.0 * (plan.Shape.KeyWidth + plan.Shape.ValueWidth) * plan.Shape.GroupSize * rows * plan.KeysPerSegment < min)
            yield break;
        bool isAlike = !plan.Rules.DependsOnBatch && !plan.Rules.DependsOnHead;
        double[] flops = [];
        for (int head = 0; head < heads; head++)
        {
            if (head == 0 || !isAlike)
                flops = FlopsOf(head, heads);
            for (int segment = 0; segment < plan.SegmentCount; segment++)
            {
                if (flops[segment] >= min && Make(new SegmentId(head / plan.Shape.KvHeads, head % plan.Shape.KvHeads, segment)) is { } queue && queue.FlopsLeft >= min)
                    yield return queue;
            }
        }
    }

    /// <summary>A queue has a home, or will.</summary>
    internal void Locate(SegmentQueue queue) => _located.Add(queue);

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

    /// <summary>A task waits again.</summary>
    internal void PutBack(SegmentQueue queue, int block)
    {
        Leave(queue);
        queue.PutBack(block);
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
        _made.Remove(queue.Index);
        _located.Remove(queue);
        _finished[queue.Index] = true;
        return true;
    }

    /// <summary>The queues among which the next task of a worker is chosen.</summary>
    /// <param name="asking">The worker.</param>
    /// <param name="mayOpen">Whether a block may be begun.</param>
    internal IEnumerable<SegmentQueue> Candidates(ScheduledWorker asking, bool mayOpen)
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
        return first.Concat(_located).Concat(asking.Out.Select(sent => Find(sent.Segment)).OfType<SegmentQueue>());
    }

    private IEnumerable<SegmentQueue> All() => _waiting.Select(waiting => _made[waiting.Index]);

    private IEnumerable<SegmentQueue> OfBegun() =>
        from begun in _begun
        where begun.Value.Waiting > 0
        from waiting in _waiting.GetViewBetween((begun.Key, 0), (begun.Key, int.MaxValue))
        select _made[waiting.Index];

    /// <summary>Makes the queue that comes first in the plan of those that were not made; of these no other is better for anybody.</summary>
    private void MakeNext()
    {
        if (_fresh is { IsBegun: false })
            return;
        for (_fresh = null; _fresh is null && _freshBlock < plan.BlockCount; _freshBlock++, _freshSegment = 0)
        {
            if (TryMake(_freshBlock, ref _freshSegment, out _fresh))
                return;
        }
    }

    /// <summary>The same of those that have a task in a block that was begun.</summary>
    private void MakeNextOfBegun()
    {
        foreach ((int block, BegunBlock begun) in _begun)
        {
            if (begun.Waiting > 0 && (begun.Fresh is { IsBegun: false } || TryMake(block, ref begun.Segment, out begun.Fresh)))
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
            if (!_finished[at] && !_made.ContainsKey(at) && plan.HasTask(block, segment) && (queue = Make(id)) is not null)
                return true;
        }

        queue = null;
        return false;
    }

    private double[] FlopsOf(int head, int heads)
    {
        double[] flops = new double[plan.SegmentCount];
        for (int index = head; index < plan.BlockCount; index += heads)
        {
            QueryBlock block = plan.Block(index);
            foreach (int segment in plan.SegmentsOf(block))
                flops[segment] += plan.TaskFlops(block, segment);
        }

        return flops;
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

    /// <summary>A block with a task that was sent.</summary>
    private sealed class BegunBlock(int tasks)
    {
        /// <summary>How far its segments have been looked through for those without a queue.</summary>
        internal int Segment;

        internal SegmentQueue? Fresh;

        /// <summary>Tasks that were not sent, or must be sent again.</summary>
        internal int Waiting { get; set; } = tasks;

        /// <summary>Tasks that are not merged.</summary>
        internal int Left { get; set; } = tasks;
    }
}
