using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>Jobs whose mask would take minutes to be looked through.</summary>
public sealed class PlanningTests : IDisposable
{
    private const int Rows = 1_000_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_job_that_is_cancelled_while_it_is_planned_ends_at_once()
    {
        using var node = new RunningNode();
        await node.InitializeAsync();
        JobRequest job = Masked(node);
        using var cancellation = new CancellationTokenSource();
        Task<JobOutcome> running = node.RunAsync(job, cancellationToken: cancellation.Token);

        // Another job runs meanwhile: planning holds up nobody.
        Assert.Equal(JobState.Succeeded, (await node.RunAsync(node.Job(new AttentionOptions(), new TensorShape(1, 1, 8, 4)))).Report.State);
        Assert.False(running.IsCompleted);
        await cancellation.CancelAsync();

        Assert.Equal(JobState.Cancelled, (await running.WaitAsync(TimeSpan.FromSeconds(2))).Report.State);
        await node.DisposeAsync();
    }

    [Fact]
    public async Task A_job_whose_planning_takes_longer_than_it_may_fails_with_what_to_do()
    {
        using var node = new RunningNode(options => options with { Threads = 2, PlanningTimeout = TimeSpan.FromSeconds(1) });
        await node.InitializeAsync();

        JobOutcome outcome = await node.RunAsync(Masked(node));

        Assert.Equal((JobState.Failed, "planning-timeout"), (outcome.Report.State, outcome.Refusal?.Code.Name()));
        Assert.Contains("Jobs:PlanningTimeout", outcome.Refusal!.Message, StringComparison.Ordinal);
        await node.DisposeAsync();
    }

    private JobRequest Masked(RunningNode node) => node
        .JobOf(new AttentionOptions(), ElementType.Float16, new TensorShape(1, 1, Rows, 1), new byte[2 * Rows], new byte[2 * Rows],
            new byte[2 * Rows])
        .With(node.Store, Path.Combine(_folder.Path, "mask"),
            ("mask", ElementType.Boolean, [1, Rows], [.. Enumerable.Repeat((byte)1, Rows)]));
}
