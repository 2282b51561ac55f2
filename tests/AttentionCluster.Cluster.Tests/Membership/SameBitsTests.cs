using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>The bits of a result follow from the job alone, whatever node computes it.</summary>
public sealed class SameBitsTests
{
    private static readonly TensorShape Shape = new(1, 2, 700, 32);

    /// <summary>Eleven segments a head, so that the merge tree has levels, the last of them incomplete.</summary>
    private static readonly AttentionOptions Options = new() { Causal = true, KeysPerSegment = 64 };

    [Theory]
    [InlineData(1, 4096)]
    [InlineData(2, 1 << 20)]
    [InlineData(3, 1 << 20)]
    public async Task Threads_chunks_and_blocks_change_no_bit(int threads, int chunkBytes)
    {
        using var node = new RunningNode(options => options with { Threads = threads, ChunkBytes = chunkBytes });
        await node.InitializeAsync();
        foreach (int? rowsPerBlock in new int?[] { 7, 192, null })
            await AssertBits(node, Options with { RowsPerBlock = rowsPerBlock });
        await node.DisposeAsync();
    }

    [Fact]
    public async Task Memory_for_few_segments_at_a_time_changes_no_bit()
    {
        using var node = new RunningNode(options =>
            options with { Threads = 2, ChunkBytes = 4096, MemoryBytesMax = RoomForSegments(threads: 2, segments: 3) });
        await node.InitializeAsync();
        await AssertBits(node, Options with { RowsPerBlock = 7 });
        await node.DisposeAsync();
    }

    private static async Task AssertBits(RunningNode node, AttentionOptions options)
    {
        JobRequest job = node.Job(options, Shape);

        JobReport report = (await node.RunAsync(job)).Report;

        // The default block: not the node's plan.
        AttentionPlan plan = Plans.Of(Shape, Shape, Shape, Options);
        (float[] output, float[] lse) = CoreAttention.Compute(plan, job.Query, job.Key, job.Value);
        Assert.Equal((CoreAttention.Sha256(output), CoreAttention.Sha256(lse)), (report.OutputSha256, report.LseSha256));
    }

    /// <summary>
    /// The memory limit that leaves room for so many of the 22 segments, which take three fifths of what workspaces leave.
    /// </summary>
    private static long RoomForSegments(int threads, int segments)
    {
        long bytes = segments * PackedSegment.ByteLengthOf(64, Shape.Width, Shape.Width);
        return (threads * Workspace.ByteLength) + (10 * ((bytes / 6) + 1));
    }
}
