using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>The messages that a job's coordinator sends: what of the plan a worker must know, and a segment entity.</summary>
/// <param name="request">The job and its tensors.</param>
/// <param name="name">What the job is called where it is computed.</param>
/// <param name="plan">Its plan.</param>
/// <param name="segmentBytes">What a packed segment takes, in bytes.</param>
/// <param name="tensorAddress">The data plane that hands out the tensors, as <c>host:port</c>; empty when no other node can reach
/// it.</param>
internal sealed class TaskMessages(JobRequest request, string name, AttentionPlan plan, long segmentBytes, string tensorAddress)
{
    /// <summary>Slopes that go with each task: 16 KiB. More are pulled, as tensors are.</summary>
    internal const int SlopesMax = 4_096;

    /// <summary>The same under another name of the job.</summary>
    internal TaskMessages Under(string other) => new(request, other, plan, segmentBytes, tensorAddress);

    internal ComputeTask Compute(TaskId task, int attempt)
    {
        QueryBlock block = plan.Block(task.Block);
        TaskMask mask = plan.Rules.RangeOf(block.Batch);
        ScoreModifier change = plan.Rules.ScoreModifierOf(block.Batch);
        var message = new ComputeTask
        {
            Job = name,
            Block = task.Block,
            Attempt = attempt,
            Segment = Key(new SegmentId(block.Batch, block.KvHead, task.Segment)),
            Level = task.Node.Level,
            FirstRow = block.FirstRow,
            Rows = block.Rows,
            FirstKey = plan.SegmentKeys(task.Segment).Start,
            Keys = plan.SegmentKeys(task.Segment).Count,
            Query = request.Query.ToMessage(tensorAddress),
            Key = request.Key.ToMessage(tensorAddress),
            Value = request.Value.ToMessage(tensorAddress),
            Scale = plan.Scale,
            MaskLower = mask.Band.Lower,
            MaskUpper = mask.Band.Upper,
            KeysEnd = mask.KeysEnd,
            Sinks = mask.Sinks,
            SinkUpper = mask.SinkUpper,
            Softcap = change.Softcap,
            Offset = change.Offset,
            BlockRows = plan.Options.MaskBlock.Rows,
            BlockKeys = plan.Options.MaskBlock.Keys,
            Family = (int)plan.Family,
            KernelPath = (int?)plan.Options.Kernel.Path() ?? 0,
            BitContract = BitContract.Version,
            Flops = plan.TaskFlops(block, task.Segment),
        };
        foreach ((int rows, long offset) in plan.Rules.OffsetRuns(block.Batch, block.FirstRow, block.Rows))
        {
            message.PositionRows.Add(rows);
            message.PositionOffsets.Add(offset);
            (message.AroundLower, message.AroundUpper) = (mask.AroundPosition.Lower, mask.AroundPosition.Upper);
            message.SinksFromPosition = mask.SinksFromPosition;
        }

        if (plan.Rules.Tensors?.Slopes is { } slopes && plan.Shape.GroupSize <= SlopesMax)
            message.AlibiSlopes.AddRange(new ArraySegment<float>(slopes, block.KvHead * plan.Shape.GroupSize, plan.Shape.GroupSize));
        else if (request.Auxiliary.Layout.Slopes is { } many)
            message.Alibi = request.Auxiliary[many].ToMessage(tensorAddress);
        message.Auxiliary.AddRange(
            from tensor in request.Auxiliary.Layout.Tensors
            where tensor.Descriptor.IsPulled
            select new AuxiliaryTensorRef { Name = tensor.Name, Tensor = request.Auxiliary[tensor].ToMessage(tensorAddress) });
        return message;
    }

    internal CancelTask Cancel(TaskId task, int attempt) =>
        new() { Job = name, Block = task.Block, Level = task.Node.Level, Index = task.Node.Index, Attempt = attempt };

    internal LocateSegment Locate(SegmentId segment) => new() { Job = name, Segment = Key(segment) };

    /// <summary>For a segment entity; for a worker without a segment, or with one of which no task is left.</summary>
    internal JobEnded Ended(SegmentId? segment = null) => new() { Job = name, Segment = segment is { } id ? Key(id) : null };

    /// <summary>What the shards of some segments weigh; null without a segment.</summary>
    internal ShardWeights? Weights(IReadOnlyCollection<(SegmentId Segment, double Flops)> segments)
    {
        if (segments.Count == 0)
            return null;
        var routing = new SegmentRouting();
        var weights = new ShardWeights { Job = name };
        weights.Shards.AddRange(
            from segment in segments
            group segment.Flops by routing.ShardId(Key(segment.Segment)) into shard
            select new ShardWeight { Shard = shard.Key, Flops = shard.Sum(), Bytes = shard.Count() * segmentBytes });
        return weights;
    }

    private SegmentKey Key(SegmentId segment) => new()
    {
        Context = name,
        Batch = segment.Batch,
        KvHead = segment.KvHead,
        Segment = segment.Segment,
        SegmentCount = plan.SegmentCount,
    };
}
