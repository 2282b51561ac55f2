using System.Globalization;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Core;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// The decisions of a job's coordinator: events in, effects out; no actor, no clock and no bytes. Tasks go out in the plan's order
/// with a bounded number in flight; partials are merged in the order of each block's tree; an answer that comes twice, or
/// late, changes nothing.
/// </summary>
internal sealed class CoordinatorState(AttentionPlan plan, JobLimits limits)
{
    private static readonly JobEffect[] Nothing = [];

    /// <summary>Blocks with a task out, or not all of it merged.</summary>
    private readonly Dictionary<int, OpenBlock> _open = [];

    /// <summary>Tasks sent and not merged, with the number of their latest attempt.</summary>
    private readonly Dictionary<TaskId, int> _inFlight = [];

    private readonly Dictionary<(int Batch, int KvHead, int Segment), int> _inFlightAt = [];

    /// <summary>The next task of the plan's order that was never sent.</summary>
    private int _nextBlock;
    private int _nextSegment = -1;

    private int _blocksWritten;
    private bool _hasEnded;

    /// <summary>Tasks whose partial has been merged.</summary>
    internal int TasksDone { get; private set; }

    /// <summary>Floating-point operations of these.</summary>
    internal double FlopsDone { get; private set; }

    /// <summary>Tasks sent again.</summary>
    internal int Retries { get; private set; }

    /// <summary>The first tasks.</summary>
    internal IReadOnlyList<JobEffect> Start() => DispatchMore();

    /// <summary>A worker has a partial.</summary>
    internal IReadOnlyList<JobEffect> TaskDone(TaskId task, Claim claim)
    {
        if (_hasEnded || !_inFlight.ContainsKey(task) || !_open.TryGetValue(task.Block, out OpenBlock? block))
            return [new JobEffect.Discard(claim)];

        // An answer comes twice: of each claim there is one pull, and its bytes are not freed under it.
        if (!block.Claims.Add(claim))
            return Nothing;
        return block.Arrived.TryAdd(task.Segment, claim) ? [new JobEffect.Pull(task, claim)] : [new JobEffect.Discard(claim)];
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

    /// <summary>A task has failed, at a worker or while its partial was pulled.</summary>
    internal IReadOnlyList<JobEffect> TaskFailed(TaskId task, int attempt, string reason, string worker)
    {
        if (_hasEnded || !_inFlight.TryGetValue(task, out int latest) || latest != attempt || _open[task.Block].Arrived.ContainsKey(task.Segment))
            return Nothing;
        if (attempt >= limits.AttemptsMax)
        {
            _hasEnded = true;
            return
            [
                new JobEffect.Fail(new Refusal(
                    "task-failed",
                    string.Create(CultureInfo.InvariantCulture, $"query block {task.Block} against segment {task.Segment} failed {attempt} times, the last time on {worker}: {reason}"))),
            ];
        }

        _inFlight[task] = attempt + 1;
        Retries++;
        return [new JobEffect.Dispatch(task, attempt + 1)];
    }

    /// <summary>A partial could not be pulled: nobody will want it any more, and its task must be computed again.</summary>
    internal IReadOnlyList<JobEffect> PullFailed(TaskId task, string reason, string worker)
    {
        _open[task.Block].Arrived.Remove(task.Segment, out Claim claim);
        var discard = new JobEffect.Discard(claim);
        return _hasEnded ? [discard] : [discard, .. TaskFailed(task, _inFlight[task], reason, worker)];
    }

    /// <summary>The coordinator has done a <see cref="JobEffect.Merge"/> or a <see cref="JobEffect.WriteEmpty"/>.</summary>
    /// <param name="block">The block.</param>
    /// <param name="task">The task; null when the block had none.</param>
    internal IReadOnlyList<JobEffect> Merged(int block, TaskId? task)
    {
        if (_hasEnded)
            return Nothing;
        var effects = new List<JobEffect>();
        OpenBlock open = _open[block];
        open.IsMerging = false;
        if (task is { } done)
        {
            QueryBlock queryBlock = plan.Block(done.Block);
            _inFlight.Remove(done);
            _inFlightAt[Home(queryBlock, done.Segment)]--;
            TasksDone++;
            FlopsDone += plan.TaskFlops(queryBlock, done.Segment);
        }

        if (open.IsComplete)
        {
            _open.Remove(block);
            _blocksWritten++;
        }
        else
        {
            effects.AddRange(MergeNext(block, open));
        }

        if (_blocksWritten == plan.BlockCount)
        {
            _hasEnded = true;
            effects.Add(new JobEffect.Succeed());
            return effects;
        }

        effects.AddRange(DispatchMore());
        return effects;
    }

    /// <summary>The job is to end; whatever is still out will be ignored.</summary>
    internal void End() => _hasEnded = true;

    private static (int Batch, int KvHead, int Segment) Home(in QueryBlock block, int segment) =>
        (block.Batch, block.KvHead, segment);

    private static JobEffect[] MergeNext(int number, OpenBlock block)
    {
        if (block.IsMerging || !block.Waiting.TryDequeue(out int segment))
            return Nothing;
        block.IsMerging = true;
        IReadOnlyList<MergeStep> steps = block.Tree!.Add(segment);
        return [new JobEffect.Merge(new TaskId(number, segment), steps, block.Tree.IsComplete)];
    }

    private List<JobEffect> DispatchMore()
    {
        var effects = new List<JobEffect>();
        while (_nextBlock < plan.BlockCount && _inFlight.Count < limits.TasksInFlight && _open.Count <= limits.TasksInFlight)
        {
            QueryBlock block = plan.Block(_nextBlock);
            if (block.Segments.IsEmpty)
            {
                _open.Add(_nextBlock, new OpenBlock(null) { IsMerging = true });
                effects.Add(new JobEffect.WriteEmpty(_nextBlock++));
                continue;
            }

            int segment = Math.Max(_nextSegment, block.Segments.Start);
            int inFlightThere = _inFlightAt.GetValueOrDefault(Home(block, segment));
            if (inFlightThere >= limits.TasksInFlightPerSegment)
                break;
            _inFlightAt[Home(block, segment)] = inFlightThere + 1;
            if (!_open.ContainsKey(_nextBlock))
                _open.Add(_nextBlock, new OpenBlock(new MergeTree(block.Segments)));
            var task = new TaskId(_nextBlock, segment);
            _inFlight.Add(task, 1);
            effects.Add(new JobEffect.Dispatch(task, 1));
            _nextSegment = segment + 1;
            if (_nextSegment == block.Segments.End)
                (_nextBlock, _nextSegment) = (_nextBlock + 1, -1);
        }

        return effects;
    }

    private sealed class OpenBlock(MergeTree? tree)
    {
        /// <summary>Null when the block sees no key.</summary>
        internal MergeTree? Tree => tree;

        /// <summary>Segments whose partial is being pulled or here, with the claim for it.</summary>
        internal Dictionary<int, Claim> Arrived { get; } = [];

        /// <summary>All that were answered with.</summary>
        internal HashSet<Claim> Claims { get; } = [];

        /// <summary>Segments whose partial is here, and waits for the merge that is being done.</summary>
        internal Queue<int> Waiting { get; } = new();

        internal bool IsMerging { get; set; }

        internal bool IsComplete => tree is null || tree.IsComplete;
    }
}
