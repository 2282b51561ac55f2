using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>Jobs through a real cluster of several nodes.</summary>
public sealed class SeveralNodesTests
{
    private static readonly TensorShape Shape = new(1, 2, 3000, 64);

    private static readonly AttentionOptions Options = new() { Causal = true, KeysPerSegment = 400, RowsPerBlock = 100 };

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_result_has_the_bits_of_the_core_for_any_number_of_workers(int workers)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(workers);

        (JobRequest job, JobOutcome outcome) = await cluster.RunAsync("job", Options, Shape);

        AssertBits(job, outcome);
        Assert.Equal(workers, outcome.Report.Workers.Count);
    }

    [Fact]
    public async Task Nodes_that_listen_on_all_addresses_are_reached_by_the_host_that_they_name()
    {
        await using TestCluster cluster =
            await TestCluster.StartAsync(1, options => options with { ClusterAddress = ("0.0.0.0", 0), AdvertisedHost = "127.0.0.1" });

        (JobRequest job, JobOutcome outcome) = await cluster.RunAsync("job", Options, Shape);

        AssertBits(job, outcome);
    }

    [Fact]
    public async Task A_worker_that_leaves_in_the_middle_costs_no_failure_and_no_bit()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(2);
        IHost leaver = await cluster.AddAsync(NodeRoles.Worker, "leaver");
        await cluster.WaitForWorkersAsync(3);
        Task? left = null;

        (JobRequest job, JobOutcome outcome) = await cluster.RunAsync(
            "job", Options, Shape,
                new ProgressCall(progress => left ??= progress.TasksDone > progress.TasksTotal / 5 ? cluster.LeaveAsync(leaver) : null));
        await left!;

        AssertBits(job, outcome);
        Assert.Contains("leaver", outcome.Report.Workers);
        await cluster.WaitForWorkersAsync(2);
    }

    [Fact]
    public async Task A_worker_that_comes_in_the_middle_takes_part()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);
        bool hasJoined = false;
        void Join(JobProgress progress)
        {
            // The coordinator waits for this call: the job can't end before the other one is there.
            if (hasJoined)
                return;
            hasJoined = true;
            cluster.AddAsync(NodeRoles.Worker, "joiner").GetAwaiter().GetResult();
            cluster.WaitForWorkersAsync(2).GetAwaiter().GetResult();
        }

        (JobRequest job, JobOutcome outcome) = await cluster.RunAsync("job", Options, Shape, new ProgressCall(Join));

        AssertBits(job, outcome);
        Assert.Equal(["joiner", "worker-1"], outcome.Report.Workers);
    }

    [Fact]
    public async Task The_gateway_sees_what_each_worker_can_do()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(2);

        ClusterStatus status = cluster.Gateway.GetRequiredService<IClusterView>().Status();

        Assert.Equal((true, 3, 2), (status.IsUp, status.Nodes.Count, status.WorkersUp()));
        Assert.All(status.Nodes, node => Assert.Equal("up", node.State));
        Assert.Equal(["worker-1", "worker-2"], status.Nodes.Select(node => node.Worker?.Name).Where(name => name is not null).Order());
        Assert.All(status.Nodes, node => Assert.Equal(node.Worker is null, node.Roles.SequenceEqual(["gateway"])));
    }

    private static void AssertBits(JobRequest job, JobOutcome outcome)
    {
        AttentionPlan plan = Plans.Of(job.Query.Shape, job.Key.Shape, job.Value.Shape, job.Options);
        (float[] output, float[] lse) = CoreAttention.Compute(plan, job.Query, job.Key, job.Value);
        Assert.Equal((JobState.Succeeded, null), (outcome.Report.State, outcome.Refusal?.Message));
        Assert.Equal((CoreAttention.Sha256(output), CoreAttention.Sha256(lse)), (outcome.Report.OutputSha256, outcome.Report.LseSha256));
    }
}
