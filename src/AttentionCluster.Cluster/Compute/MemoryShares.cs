using System.Globalization;
using AttentionCluster.Core;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Compute;

/// <summary>
/// How a node's native memory is divided. The shares add up to <see cref="NodeOptions.MemoryBytesMax"/>, so no load can take more;
/// what doesn't fit is refused before work, or waits.
/// </summary>
/// <param name="Workspaces">Scratch memory of the compute threads.</param>
/// <param name="Segments">Packed K and V; the least recently used leave when others need the room.</param>
/// <param name="Queries">Query blocks in use.</param>
/// <param name="Partials">Partials that are being computed, moved and merged.</param>
internal sealed record MemoryShares(long Workspaces, long Segments, long Queries, long Partials)
{
    /// <summary>Tasks in flight for each compute thread: one computes, the others are on their way there or back.</summary>
    private const int TasksInFlightPerThread = 4;

    /// <summary>Divides a node's memory: what the workspaces leave, by 6 : 1 : 3.</summary>
    internal static MemoryShares From(NodeOptions options)
    {
        long workspaces = options.Threads * Workspace.ByteLength;
        long rest = Math.Max(0, options.MemoryBytesMax - workspaces);
        long segments = rest / 10 * 6;
        long queries = rest / 10;
        return new MemoryShares(workspaces, segments, queries, rest - segments - queries);
    }

    /// <summary>How many tasks of a job may be in flight so that its bytes stay within the shares.</summary>
    /// <returns>At least 1, or 0 with the reason when not even one fits.</returns>
    internal int TasksInFlight(
        AttentionPlan plan, ElementType keyType, ElementType valueType, int threads, out Refusal? refusal)
    {
        int rows = plan.RowsPerBlock * plan.Shape.GroupSize;
        long partial = Partial.ByteLength(rows, plan.Shape.ValueWidth);
        long query = sizeof(float) * (long)rows * plan.Shape.KeyWidth;
        long segment = PackedSegment.ByteLengthOf(
            Math.Min(plan.KeysPerSegment, plan.Shape.Keys), plan.Shape.KeyWidth, plan.Shape.ValueWidth, keyType, valueType);

        // A task in flight has its partial at the worker, then at the gateway, where for each of its open blocks one node
        // of every level of the merge tree may wait.
        int levels = 1 + (int)Math.Ceiling(Math.Log2(Math.Max(1, plan.SegmentCount)));
        long byPartials = Partials / (partial * (1 + levels));
        long byQueries = Queries / query;
        long tasks = Math.Min(threads * (long)TasksInFlightPerThread, Math.Min(byPartials, byQueries));
        refusal =
            segment > Segments ? TooLarge("a segment", segment, Segments, "keys-per-segment") :
            byQueries < 1 ? TooLarge("a query block", query, Queries, "rows-per-block") :
            byPartials < 1 ? TooLarge("the partials of a query block", partial * (1 + levels), Partials, "rows-per-block") :
            null;
        return refusal is null ? (int)tasks : 0;
    }

    private static Refusal TooLarge(string what, long bytes, long share, string option) => new(
        "memory-limit",
        string.Create(CultureInfo.InvariantCulture, $"{what} of this job takes {bytes} bytes, and the node's memory limit leaves {share} for it: raise the limit, or choose a smaller {option}"));
}
