using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Jobs.Scheduling;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests.Jobs;

public sealed class CoordinatorFootprintTests
{
    private static readonly NodeOptions s_node = new() { DataDirectory = "", MemoryBytesMax = 1L << 30, JobsRunningMax = 4 };

    [Fact]
    public void A_job_whose_bookkeeping_takes_more_than_its_share_is_refused_with_what_to_do()
    {
        AttentionPlan plan = Plans.Grid(blocks: 1, segments: 1_000_000);

        Assert.Null(CoordinatorFootprint.Check(plan, CoordinatorFootprint.Of(plan)));
        Refusal refusal = CoordinatorFootprint.Check(plan, CoordinatorFootprint.Of(plan) - 1)!;
        Assert.Equal("job-too-large", refusal.Code.Name());
        Assert.Contains("raise keys-per-segment", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_share_follows_from_the_memory_of_the_process()
    {
        Assert.Equal(128L << 20, CoordinatorFootprint.Share(s_node, 2L << 30));
        Assert.Equal(512L << 20, CoordinatorFootprint.Share(s_node with { JobsRunningMax = 1 }, 2L << 30));
        Assert.InRange(CoordinatorFootprint.Share(s_node, 1L << 30), 1, 32 << 20);
    }

    /// <summary>Measured, not believed: what a schedule and an open block take.</summary>
    [Theory]
    [InlineData(1, 200_000)]
    [InlineData(20_000, 10)]
    public void A_coordinator_takes_no_more_than_is_said(int blocks, int segments)
    {
        AttentionPlan plan = Plans.Grid(blocks, segments, new AttentionOptions { VerifyRows = 1 });
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var state = new CoordinatorState(plan, new JobLimits(100, 1_000), new CostModel(SegmentBytes: 1));
        state.Step(new JobEvent.WorkerUp("worker", new WorkerCapacity(100, 100, int.MaxValue)), now: default);

        long taken = GC.GetTotalMemory(forceFullCollection: true) - before;

        // What other tests give back meanwhile may be more than that.
        Assert.True(taken <= CoordinatorFootprint.Of(plan), $"{taken} bytes");
        GC.KeepAlive(state);
    }
}
