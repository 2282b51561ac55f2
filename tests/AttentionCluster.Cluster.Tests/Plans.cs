using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests;

/// <summary>Plans of jobs that must be possible.</summary>
internal static class Plans
{
    internal static AttentionPlan Of(TensorShape query, TensorShape key, TensorShape value, AttentionOptions options)
    {
        AttentionShape? shape = AttentionShape.Create(query, key, value, out Refusal? refusal);
        AttentionPlan? plan = shape is null ? null : AttentionPlan.Create(shape, options, out refusal);
        return plan ?? throw new ArgumentException(refusal!.Message);
    }

    /// <summary>One head of width 1: <paramref name="blocks"/> query rows, each a block, against keys of which each is a segment.</summary>
    internal static AttentionPlan Grid(int blocks, int segments, AttentionOptions? options = null) => Of(
        new TensorShape(1, 1, blocks, 1), new TensorShape(1, 1, segments, 1), new TensorShape(1, 1, segments, 1),
        (options ?? new AttentionOptions()) with { RowsPerBlock = 1, KeysPerSegment = 1 });
}
