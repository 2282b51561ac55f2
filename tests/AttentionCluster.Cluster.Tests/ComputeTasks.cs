using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests;

/// <summary>The messages that a coordinator would send.</summary>
internal static class ComputeTasks
{
    internal static ComputeTask Of(
        AttentionPlan plan, StoredTensor query, StoredTensor key, StoredTensor value, int block, int segment, string job =
            "job", int attempt = 1,
        string address = "")
    {
        QueryBlock queryBlock = plan.Block(block);
        return new ComputeTask
        {
            Job = job,
            Block = block,
            Attempt = attempt,
            Segment = new SegmentKey
            {
                Context = job,
                Batch = queryBlock.Batch,
                KvHead = queryBlock.KvHead,
                Segment = segment,
                SegmentCount = plan.SegmentCount
            },
            FirstRow = queryBlock.FirstRow,
            Rows = queryBlock.Rows,
            FirstKey = plan.SegmentKeys(segment).Start,
            Keys = plan.SegmentKeys(segment).Count,
            Query = query.ToMessage(address),
            Key = key.ToMessage(address),
            Value = value.ToMessage(address),
            Scale = plan.Scale,
            MaskLower = plan.Mask.Lower,
            MaskUpper = plan.Mask.Upper,
            KeysEnd = plan.Shape.Keys,
            SinkUpper = plan.Rules.RangeOf(queryBlock.Batch).SinkUpper,
            Offset = plan.Rules.OffsetOf(queryBlock.Batch),
            BlockRows = plan.Options.MaskBlock.Rows,
            BlockKeys = plan.Options.MaskBlock.Keys,
            Family = (int)plan.Family,
            BitContract = BitContract.Version,
            Flops = plan.TaskFlops(queryBlock, segment),
        };
    }
}
