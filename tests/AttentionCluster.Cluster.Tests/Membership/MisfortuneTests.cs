using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>Jobs through a real cluster whose nodes die, come back, drain, share a name or compute wrongly.</summary>
public sealed class MisfortuneTests
{
    private static readonly TensorShape Shape = new(1, 2, 3000, 64);

    private static readonly AttentionOptions Options = new() { Causal = true, KeysPerSegment = 400, RowsPerBlock = 100 };

    [Fact]
    public async Task A_worker_that_dies_costs_nothing_that_was_merged_and_no_bit()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(2);
        IHost victim = await cluster.AddAsync(NodeRoles.Worker, "victim");
        await cluster.WaitForWorkersAsync(3);

        // So late that it has merged more tasks of the victim than are left. Nothing goes on before the gateway knows of the death: what
        // the victim was sent is not there, and has to be computed by another.
        const int Merged = 230;
        (JobRequest job, JobOutcome outcome) = await cluster.RunAsync("job", Options, Shape, AtTask(Merged, async () =>
        {
            await cluster.KillAsync(victim);
            await cluster.WaitForWorkersAsync(2);
        }));

        AssertBits(job, outcome);
        LostWorker lost = Assert.Single(outcome.Report.WorkersLost);
        Assert.Equal("victim", lost.Name);
        Assert.InRange(lost.RecomputedTasks, 1, outcome.Report.Tasks - Merged);
        await cluster.WaitForWorkersAsync(2);
    }

    [Fact]
    public async Task A_job_whose_workers_all_die_goes_on_with_others_of_the_same_names()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);
        IHost[] first = [await cluster.AddAsync(NodeRoles.Worker, "ann"), await cluster.AddAsync(NodeRoles.Worker, "bob")];
        await cluster.WaitForWorkersAsync(3);

        (JobRequest job, JobOutcome outcome) = await cluster.RunAsync("job", Options, Shape, AtTask(20, async () =>
        {
            await cluster.KillAsync(cluster.Node("worker-1"));
            foreach (IHost worker in first)
                await cluster.KillAsync(worker);
            await cluster.AddAsync(NodeRoles.Worker, "ann");
            await cluster.AddAsync(NodeRoles.Worker, "bob");
        }));

        AssertBits(job, outcome);
        Assert.Contains("ann", outcome.Report.Workers);
        IClusterView view = cluster.Gateway.GetRequiredService<IClusterView>();
        Assert.True(view.Status().IsUp);
    }

    [Fact]
    public async Task A_gateway_that_loses_another_gateway_and_a_worker_at_once_stays()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);
        IHost gateway = await cluster.AddAsync(NodeRoles.Gateway, "gateway-2");
        IHost victim = await cluster.AddAsync(NodeRoles.Worker, "victim");
        await cluster.WaitForWorkersAsync(2);
        await cluster.KillAsync(gateway);
        await cluster.KillAsync(victim);

        IClusterView view = cluster.Gateway.GetRequiredService<IClusterView>();
        while (view.Status().Nodes.Count != 2)
            await Task.Delay(50).InTime();

        Assert.True(view.Status().IsUp);
        (JobRequest job, JobOutcome outcome) = await cluster.RunAsync("job", Options, Shape);
        AssertBits(job, outcome);
    }

    [Fact]
    public async Task A_worker_that_is_told_to_leave_by_its_name_is_told_so_and_costs_no_failure()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);
        IHost leaver = await cluster.AddAsync(NodeRoles.Worker, "leaver");
        await cluster.WaitForWorkersAsync(2);
        IClusterView view = cluster.Gateway.GetRequiredService<IClusterView>();
        Task drained = leaver.Services.GetRequiredService<ClusterMembership>().WaitForDrainAsync();

        Task? left = null;

        // The coordinator waits for this call, and must go on while the worker leaves.
        (JobRequest job, JobOutcome outcome) = await cluster.RunAsync("job", Options, Shape, AtTask(10, async () =>
        {
            Assert.Null(await view.DrainAsync("leaver", default));
            Assert.Null(await view.DrainAsync("leaver", default));
            await drained;
            left = cluster.LeaveAsync(leaver);
        }));
        await left!;

        AssertBits(job, outcome);
        Assert.Empty(outcome.Report.WorkersLost);
        Assert.Equal(0, outcome.Report.TilesRecomputed);
    }

    [Fact]
    public async Task Only_workers_that_there_are_can_be_told_to_leave()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);
        IClusterView view = cluster.Gateway.GetRequiredService<IClusterView>();

        Refusal? unknown = await view.DrainAsync("nobody", default);
        Refusal? gateway = await view.DrainAsync("gateway", default);

        Assert.Equal(("no-such-node", "the cluster has no node \"nobody\"; it has gateway, worker-1"),
            (unknown!.Code.Name(), unknown.Message));
        Assert.Equal("node-not-a-worker", gateway!.Code.Name());
    }

    [Fact]
    public async Task A_second_node_of_a_name_is_refused_and_the_first_one_stays()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);

        IOException error = await Assert.ThrowsAsync<IOException>(() =>
            cluster.AddAsync(NodeRoles.Worker, "worker-1", options => options with
            {
                DataDirectory = options.DataDirectory + "-second",
            }));

        Assert.Contains("the name worker-1 is taken by the node at 127.0.0.1:", error.Message, StringComparison.Ordinal);
        (JobRequest job, JobOutcome outcome) = await cluster.RunAsync("job", Options, Shape);
        AssertBits(job, outcome);
    }

    [Fact]
    public async Task A_worker_with_wrong_arithmetic_is_named_when_the_verification_fails()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);
        await cluster.AddAsync(NodeRoles.Worker, "wrong", replace: services => services.AddSingleton<IDataPlane>(
            provider => new WrongPartials(provider.GetRequiredService<HttpDataPlane>())));
        await cluster.WaitForWorkersAsync(2);

        (_, JobOutcome outcome) = await cluster.RunAsync("job", Options with { VerifyRows = 300 }, Shape);

        Assert.Contains("wrong", outcome.Report.Workers);
        Assert.False(outcome.Report.Verify!.Ok);
        Assert.Equal(["wrong"], outcome.Report.WorkersWrong);
        Assert.Contains(outcome.Report.Warnings, warning =>
            warning.Contains("these workers computed other bits than this node does: wrong", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_is_cut_off_under_a_job_fails_that_job_with_file_and_place_and_no_other()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(2);
        (JobRequest good, JobOutcome before) = await cluster.RunAsync("good", Options, Shape);
        int tasks = before.Report.Tasks;

        (JobRequest bad, JobOutcome outcome) = await cluster.RunAsync("bad", Options, Shape, AtTask(1, () =>
        {
            string path = Directory.EnumerateFiles(Path.GetDirectoryName(good.Value.File.Path)!, "bad-v*").Single();
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(1000);
            return Task.CompletedTask;
        }));

        Assert.Equal((JobState.Failed, "input-damaged"), (outcome.Report.State, outcome.Refusal!.Code.Name()));
        Assert.Matches("rows of bad-v can't be read: .*bad-v.* byte [0-9]+", outcome.Refusal.Message);
        Assert.Contains("worker-1", outcome.Refusal.Message, StringComparison.Ordinal);
        (JobRequest after, JobOutcome next) = await cluster.RunAsync("after", Options, Shape);
        AssertBits(after, next);
        Assert.Equal(tasks, next.Report.Tasks);
        await cluster.WaitForWorkersAsync(2);
    }

    private static ProgressCall AtTask(int tasks, Func<Task> then)
    {
        // The coordinator waits for this call: the job can't end before it has happened.
        bool hasHappened = false;
        return new ProgressCall(progress =>
        {
            if (hasHappened || progress.TasksDone < tasks)
                return;
            hasHappened = true;
            then().GetAwaiter().GetResult();
        });
    }

    private static void AssertBits(JobRequest job, JobOutcome outcome)
    {
        AttentionPlan plan = Plans.Of(job.Query.Shape, job.Key.Shape, job.Value.Shape, job.Options);
        (float[] output, float[] lse) = CoreAttention.Compute(plan, job.Query, job.Key, job.Value);
        Assert.Equal((JobState.Succeeded, null), (outcome.Report.State, outcome.Refusal?.Message));
        Assert.Equal((CoreAttention.Sha256(output), CoreAttention.Sha256(lse)), (outcome.Report.OutputSha256, outcome.Report.LseSha256));
    }

    /// <summary>A worker whose partials are wrong by one number, before they are checksummed.</summary>
    private sealed class WrongPartials(IDataPlane inner) : IDataPlane
    {
        public string Address => inner.Address;

        public Task PullRowsAsync(TensorSource tensor, RowRange rows, RowSink sink, CancellationToken cancellationToken) =>
            inner.PullRowsAsync(tensor, rows, sink, cancellationToken);

        public Task<ByteLease> ReserveAsync(long bytes, CancellationToken cancellationToken) =>
            inner.ReserveAsync(bytes, cancellationToken);

        public Claim Publish(string job, NativeBuffer payload, ByteLease? room = null)
        {
            Span<float> numbers = payload.FloatSpan(0, (int)(payload.ByteLength / sizeof(float)));
            foreach (ref float number in numbers)
                number *= 1.01f;
            return inner.Publish(job, payload, room);
        }

        public bool IsPublished(Claim claim) => inner.IsPublished(claim);

        public Task PullAsync(Claim claim, NativeBuffer destination, CancellationToken cancellationToken) =>
            inner.PullAsync(claim, destination, cancellationToken);

        public void Release(Claim claim) => inner.Release(claim);

        public void ReleaseAll(string job) => inner.ReleaseAll(job);
    }
}
