using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>
/// Finds the segments of a job that have much work. A job may have millions of segments: those with little must cost no queue.
/// </summary>
internal static class SegmentWork
{
    /// <summary>The segments with at least so many operations that wait, and their operations.</summary>
    internal static IEnumerable<(SegmentId Segment, double Flops)> AtLeast(AttentionPlan plan, SegmentQueues queues, double flopsMin)
    {
        (int heads, int rows) = (plan.Shape.Batch * plan.Shape.KvHeads, plan.Shape.QueryRows);
        if (2.0 * (plan.Shape.KeyWidth + plan.Shape.ValueWidth) * plan.Shape.GroupSize * rows * plan.KeysPerSegment < flopsMin)
            yield break;
        bool isAlike = !plan.Rules.DependsOnBatch && !plan.Rules.DependsOnHead;
        double[] flops = [];
        for (int head = 0; head < heads; head++)
        {
            if (head == 0 || !isAlike)
                flops = FlopsOfHead(plan, head, heads);
            for (int segment = 0; segment < plan.SegmentCount; segment++)
            {
                var id = new SegmentId(head / plan.Shape.KvHeads, head % plan.Shape.KvHeads, segment);
                if (flops[segment] >= flopsMin && queues.FindOrMake(id) is { } queue && queue.FlopsLeft >= flopsMin)
                    yield return (id, queue.FlopsLeft);
            }
        }
    }

    private static double[] FlopsOfHead(AttentionPlan plan, int head, int heads)
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
}
