using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Core.Tests.Kernels;

internal static class PlannedSlice
{
    /// <summary>What a planned task needs of the tensors beside Q, K and V.</summary>
    internal static AuxiliarySlice SliceOf(this AttentionPlan plan, in QueryBlock block, int segment) => new(
        plan.Rules.Layout, plan.Shape.GroupSize, block.FirstRow, block.Rows, plan.SegmentKeys(segment).Start,
            plan.SegmentKeys(segment).Count,
        plan.Options.MaskBlock);
}
