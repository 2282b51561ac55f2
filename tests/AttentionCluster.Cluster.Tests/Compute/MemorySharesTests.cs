using AttentionCluster.Cluster.Compute;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;
using CsCheck;

namespace AttentionCluster.Cluster.Tests.Compute;

public sealed class MemorySharesTests
{
    private static readonly TensorShape Shape = new(1, 4, 1024, 64);

    [Fact]
    public void Workspaces_and_shares_add_up_to_the_limit() =>
        Gen.Select(Gen.Int[1, 64], Gen.Long[64 << 20, 1L << 42]).Sample((threads, limit) =>
    {
        MemoryShares shares = Of(threads, limit);

        Assert.Equal(Math.Max(0, limit - (threads * Workspace.ByteLength)), shares.Segments + shares.Queries + shares.Partials);
    });

    [Fact]
    public void More_threads_than_the_limit_has_workspaces_for_leave_nothing()
    {
        MemoryShares shares = Of(1024, 64 << 20);

        Assert.Equal((0, 0, 0), (shares.Segments, shares.Queries, shares.Partials));
        Refused("memory-limit", "raise the limit", shares, Plan(192, 64));
    }

    [Fact]
    public void A_segment_that_does_not_fit_is_refused_by_the_name_of_its_option()
    {
        AttentionPlan plan = Plan(rowsPerBlock: 1, keysPerSegment: 512);
        long segment = PackedSegment.ByteLengthOf(512, 64, 64);

        Refused("memory-limit", "keys-per-segment", new MemoryShares(segment - 1, 1 << 30, 1 << 30), plan);
        Fits(new MemoryShares(segment, 1 << 30, 1 << 30), plan);
    }

    [Fact]
    public void A_segment_of_16_bit_elements_needs_half_the_room()
    {
        AttentionPlan plan = Plan(rowsPerBlock: 1, keysPerSegment: 512);
        var shares = new MemoryShares(PackedSegment.ByteLengthOf(512, 64, 64) / 2, 1 << 30, 1 << 30);

        Assert.Equal(0, shares.TasksAtWorker(plan, ElementType.Float32, ElementType.BFloat16, 2, out _));
        Assert.InRange(shares.TasksAtWorker(plan, ElementType.Float16, ElementType.BFloat16, 2, out _), 1, 8);
    }

    [Fact]
    public void A_query_block_that_does_not_fit_is_refused_by_the_name_of_its_option()
    {
        AttentionPlan plan = Plan(rowsPerBlock: 100, keysPerSegment: 64);
        const long query = 2 * 100 * 64 * sizeof(float);

        Refused("memory-limit", "rows-per-block", new MemoryShares(1 << 30, query - 1, 1 << 30), plan);
        Fits(new MemoryShares(1 << 30, query, 1 << 30), plan);
    }

    [Fact]
    public void A_partial_that_does_not_fit_a_worker_is_refused_by_the_name_of_its_option()
    {
        AttentionPlan plan = Plan(rowsPerBlock: 100, keysPerSegment: 64);
        long partial = Partial.ByteLength(2 * 100, 64);

        Refused("memory-limit", "rows-per-block", new MemoryShares(1 << 30, 1 << 30, partial - 1), plan);
        Fits(new MemoryShares(1 << 30, 1 << 30, partial), plan);
    }

    [Fact]
    public void Partials_that_do_not_fit_a_gateway_are_refused_by_the_name_of_their_option()
    {
        // 16 segments: one partial on its way, and one that waits at each of 4 levels.
        AttentionPlan plan = Plan(rowsPerBlock: 100, keysPerSegment: 64);
        long partial = Partial.ByteLength(2 * 100, 64);

        Assert.Equal(0, new MemoryShares(0, 0, (5 * partial) - 1).PartialsAtGateway(plan, jobs: 1, out Refusal? refusal));
        Assert.Equal("memory-limit", refusal!.Code.Name());
        Assert.Contains("rows-per-block", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(5, new MemoryShares(0, 0, 5 * partial).PartialsAtGateway(plan, jobs: 1, out refusal));
        Assert.Null(refusal);
        Assert.Equal(10, new MemoryShares(0, 0, 40 * partial).PartialsAtGateway(plan, jobs: 4, out _));
    }

    [Fact]
    public void Less_memory_gives_a_worker_fewer_tasks_and_never_more_than_its_threads_can_use()
    {
        AttentionPlan plan = Plan(rowsPerBlock: 100, keysPerSegment: 64);
        long partial = Partial.ByteLength(2 * 100, 64);

        int[] tasks = [.. new[] { 1000, 8, 5, 2 }.Select(fit =>
            new MemoryShares(1 << 30, 1 << 30, fit * partial).TasksAtWorker(plan, ElementType.Float32, ElementType.Float32, 2, out _))];

        Assert.Equal([8, 8, 5, 2], tasks);
    }

    private static MemoryShares Of(int threads, long limit) =>
        MemoryShares.From(new NodeOptions { DataDirectory = "", Threads = threads, MemoryBytesMax = limit });

    /// <summary>Two KV heads of width 64, 1024 rows and keys.</summary>
    private static AttentionPlan Plan(int rowsPerBlock, int keysPerSegment) => Plans.Of(
        Shape, Shape with { Heads = 2 }, Shape with { Heads = 2 },
            new AttentionOptions { RowsPerBlock = rowsPerBlock, KeysPerSegment = keysPerSegment });

    private static void Refused(string code, string says, MemoryShares shares, AttentionPlan plan)
    {
        Assert.Equal(0, shares.TasksAtWorker(plan, ElementType.Float32, ElementType.Float32, 2, out Refusal? refusal));
        Assert.Equal(code, refusal!.Code.Name());
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    private static void Fits(MemoryShares shares, AttentionPlan plan)
    {
        Assert.InRange(shares.TasksAtWorker(plan, ElementType.Float32, ElementType.Float32, 2, out Refusal? refusal), 1, 8);
        Assert.Null(refusal);
    }
}
