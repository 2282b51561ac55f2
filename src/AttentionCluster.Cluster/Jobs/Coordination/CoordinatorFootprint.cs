using System.Globalization;
using AttentionCluster.Core;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>
/// Managed memory that the coordinator of a job may come to take: it grows with segments, blocks and tasks, of which a small body can
/// have millions. Asked at admission, because a heap that is full takes every other job of its process along.
/// </summary>
internal static class CoordinatorFootprint
{
    /// <summary>Of each segment of each KV head: its queue, with what waits again and who holds it.</summary>
    internal const long BytesPerSegment = 600;

    /// <summary>Of each query block: whether it is done, here and in the journal's history.</summary>
    internal const long BytesPerBlock = 64;

    /// <summary>Of each task of a block that is open: its place in the merge tree, and the claim that it was answered with.</summary>
    internal const long BytesPerOpenTask = 400;

    /// <summary>Of each task when the job verifies itself: where its partial came from.</summary>
    internal const long BytesPerOrigin = 100;

    /// <summary>Never less, however much of the memory is given to tensors.</summary>
    private const long BytesMin = 32L << 20;

    /// <summary>What the coordinator of a job takes at most, if it has one block open at a time.</summary>
    internal static long Of(AttentionPlan plan)
    {
        long heads = (long)plan.Shape.Batch * plan.Shape.KvHeads;
        return (BytesPerSegment * heads * plan.SegmentCount) + (BytesPerBlock * plan.BlockCount) + (BytesPerOpenTask * plan.SegmentCount)
            + (plan.Options.VerifyRows > 0 ? BytesPerOrigin * plan.TaskCount : 0) + plan.PatternBytes;
    }

    /// <summary>
    /// What each of the jobs that run at a time may take: half of what the process may use beside the memory for tensors, in equal parts.
    /// </summary>
    /// <param name="options">The node.</param>
    /// <param name="availableBytes">What the process may use.</param>
    internal static long Share(NodeOptions options, long availableBytes) =>
        Math.Max(BytesMin, (availableBytes - options.MemoryBytesMax) / 2) / options.JobsRunningMax;

    /// <summary>Whether a job may be coordinated.</summary>
    /// <returns>Null when it may.</returns>
    internal static Refusal? Check(AttentionPlan plan, long share) => Of(plan) <= share ? null : new Refusal(
        ErrorCode.JobTooLarge,
        string.Create(
            CultureInfo.InvariantCulture,
            $"coordinating this job takes {Of(plan)} bytes of memory, for {plan.SegmentCount} segments of {plan.KeysPerSegment} keys of "
            + $"{(long)plan.Shape.Batch * plan.Shape.KvHeads} heads and {plan.BlockCount} query blocks of {plan.RowsPerBlock} rows, "
            + $"and the process has {share} for each job that runs: "
            + $"raise keys-per-segment{(plan.BlockCount > plan.SegmentCount ? " or rows-per-block" : "")}, "
            + $"or give the process more memory"));
}
