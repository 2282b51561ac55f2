using System.Globalization;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Compute;

/// <summary>
/// How a node's native memory is divided. With the workspaces of the compute threads the shares add up to
/// <see cref="NodeOptions.MemoryBytesMax"/>, so no load can take more; what doesn't fit is refused before work, or waits.
/// </summary>
/// <param name="Segments">Packed K and V; the least recently used leave when others need the room.</param>
/// <param name="Queries">Query blocks in use.</param>
/// <param name="Partials">Partials that are being computed, moved and merged.</param>
internal sealed record MemoryShares(long Segments, long Queries, long Partials)
{
    /// <summary>Tasks in flight for each compute thread: one computes, the others are on their way there or back.</summary>
    private const int TasksInFlightPerThread = 4;

    /// <summary>Tasks of a job in flight: more than any cluster keeps busy, and few enough for one coordinator to look through.</summary>
    internal const int TasksInFlightMax = 4_096;

    /// <summary>Divides a node's memory: what the workspaces leave, by 6 : 1 : 3.</summary>
    internal static MemoryShares From(NodeOptions options)
    {
        long workspaces = options.Threads * Workspace.ByteLength;
        long rest = Math.Max(0, options.MemoryBytesMax - workspaces);
        long segments = rest / 10 * 6;
        long queries = rest / 10;
        return new MemoryShares(segments, queries, rest - segments - queries);
    }

    /// <summary>The shares that a worker has told of.</summary>
    internal static MemoryShares Of(WorkerDescription worker) =>
        new(worker.SegmentBytesMax, worker.QueryBytesMax, worker.PartialBytesMax);

    /// <summary>What a packed segment of a job takes, in bytes.</summary>
    internal static long SegmentBytes(AttentionPlan plan, ElementType keyType, ElementType valueType) => PackedSegment.ByteLengthOf(
        Math.Min(plan.KeysPerSegment, plan.Shape.Keys), plan.Shape.KeyWidth, plan.Shape.ValueWidth, keyType, valueType);

    /// <summary>How many tasks of a job a worker may have so that its bytes stay within the shares.</summary>
    /// <returns>At least 1, or 0 with the reason when not even one fits.</returns>
    internal int TasksAtWorker(
        AttentionPlan plan, ElementType keyType, ElementType valueType, int threads, out Refusal? refusal)
    {
        long query = (sizeof(float) * (long)PartialRows(plan) * plan.Shape.KeyWidth) + plan.AuxiliaryBytesMax;
        long segment = SegmentBytes(plan, keyType, valueType);
        long byPartials = Partials / plan.PartialBytes(PartialRows(plan));
        long byQueries = Queries / query;
        refusal =
            segment > Segments ? TooLarge("a segment", segment, Segments, "keys-per-segment") :
            byQueries < 1 ? TooLarge(
                plan.AuxiliaryBytesMax == 0 ? "a query block" : "a query block, with its part of a mask,", query, Queries,
                    "rows-per-block") :
            byPartials < 1 ? TooLarge("a partial", plan.PartialBytes(PartialRows(plan)), Partials, "rows-per-block") :
            null;
        return refusal is null ? (int)Math.Min(threads * (long)TasksInFlightPerThread, Math.Min(byPartials, byQueries)) : 0;
    }

    /// <summary>How many partials of a job a gateway may hold.</summary>
    /// <param name="plan">The job's.</param>
    /// <param name="jobs">Jobs that share the share.</param>
    /// <param name="refusal">The reason, when they are too few for any order of merging.</param>
    /// <returns>At least one more than the merge tree has levels, or 0 with the reason.</returns>
    internal int PartialsAtGateway(AttentionPlan plan, int jobs, out Refusal? refusal)
    {
        long partial = plan.PartialBytes(PartialRows(plan));
        int partialsMin = 1 + MergeTree.LevelsOf(plan.SegmentCount);
        long partials = Partials / jobs / partial;
        refusal = partials < partialsMin
            ? TooLarge("the partials of a query block", partial * partialsMin, Partials / jobs, "rows-per-block") : null;
        return refusal is null ? (int)Math.Min(partials, int.MaxValue) : 0;
    }

    private static int PartialRows(AttentionPlan plan) => plan.RowsPerBlock * plan.Shape.GroupSize;

    private static Refusal TooLarge(string what, long bytes, long share, string option) => new(
        ErrorCode.MemoryLimit,
        string.Create(CultureInfo.InvariantCulture, $"{what} of this job takes {bytes} bytes, and the node's memory limit leaves {share} "
            + $"for it: raise the limit, or choose a smaller {option}"));
}
