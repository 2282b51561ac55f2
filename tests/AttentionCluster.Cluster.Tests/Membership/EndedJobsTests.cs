using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>Jobs that end without a result leave none behind, and the node goes on.</summary>
public sealed class EndedJobsTests(RunningNode node) : IClassFixture<RunningNode>
{
    private static readonly TensorShape Shape = new(1, 2, 300, 16);

    /// <summary>Hundreds of tasks, of which only some are in flight at a time.</summary>
    private static readonly AttentionOptions ManyTasks = new() { KeysPerSegment = 32, RowsPerBlock = 8 };

    [Fact]
    public async Task A_job_that_is_cancelled_in_its_middle_leaves_no_result_and_the_next_one_runs()
    {
        using var cancellation = new CancellationTokenSource();
        JobRequest job = node.Job(ManyTasks, Shape);
        int tasksDone = 0;

        JobOutcome outcome = await node.RunAsync(
            job,
            new ProgressCall(progress =>
            {
                tasksDone = progress.TasksDone;
                cancellation.Cancel();
            }),
            cancellation.Token);

        Assert.Equal((JobState.Cancelled, null), (outcome.Report.State, outcome.ResultPath));
        Assert.InRange(tasksDone, 1, outcome.Report.Tasks / 2);
        Assert.False(node.HasResultOf(job));
        await AssertNextOneRuns();
    }

    [Fact]
    public async Task A_job_that_is_cancelled_before_its_start_leaves_no_result_and_the_next_one_runs()
    {
        JobRequest job = node.Job(ManyTasks, Shape);

        JobOutcome outcome = await node.RunAsync(job, null, new CancellationToken(canceled: true));

        Assert.Equal((JobState.Cancelled, null), (outcome.Report.State, outcome.ResultPath));
        Assert.False(node.HasResultOf(job));
        await AssertNextOneRuns();
    }

    [Fact]
    public async Task A_job_that_is_cancelled_while_it_waits_for_its_turn_disturbs_nobody()
    {
        using var cancellation = new CancellationTokenSource();
        JobRequest waiting = node.Job(ManyTasks, Shape);
        Task<JobOutcome>? waits = null;

        JobOutcome running = await node.RunAsync(node.Job(ManyTasks, Shape), new ProgressCall(_ =>
        {
            waits ??= node.RunAsync(waiting, null, cancellation.Token);
            cancellation.Cancel();
        }));

        Assert.Equal(JobState.Succeeded, running.Report.State);
        Assert.Equal(JobState.Cancelled, (await waits!).Report.State);
        Assert.False(node.HasResultOf(waiting));
    }

    [Fact]
    public async Task A_job_whose_rows_cannot_be_read_fails_with_the_reason_and_the_next_one_runs()
    {
        JobRequest job = node.Job(ManyTasks, Shape);
        node.Store.Forget(job.Value.Id);

        JobOutcome outcome = await node.RunAsync(job);

        Assert.Equal((JobState.Failed, "task-failed"), (outcome.Report.State, outcome.Refusal!.Code.Name()));
        Assert.Contains($"the store has no tensor {job.Value.Id}", outcome.Refusal.Message, StringComparison.Ordinal);
        Assert.False(node.HasResultOf(job));
        await AssertNextOneRuns();
    }

    [Fact]
    public async Task A_job_that_needs_more_memory_than_the_node_has_is_refused_before_work()
    {
        using var small = new RunningNode(options => options with { Threads = 1, MemoryBytesMax = 1 << 21 });
        await small.InitializeAsync();
        JobRequest job = small.Job(new AttentionOptions { KeysPerSegment = 100_000 }, new TensorShape(1, 1, 8000, 64));

        JobOutcome outcome = await small.RunAsync(job);

        Assert.Equal((JobState.Failed, "memory-limit"), (outcome.Report.State, outcome.Refusal!.Code.Name()));
        Assert.False(small.HasResultOf(job));
        await small.DisposeAsync();
    }

    [Fact]
    public async Task Shapes_that_do_not_fit_together_are_refused_before_work()
    {
        JobRequest job = node.Job(ManyTasks, Shape, Shape with { Width = 17 }, Shape);

        JobOutcome outcome = await node.RunAsync(job);

        Assert.Equal((JobState.Failed, "shapes-do-not-fit"), (outcome.Report.State, outcome.Refusal!.Code.Name()));
        Assert.False(node.HasResultOf(job));
    }

    [Fact]
    public async Task An_option_out_of_its_range_is_refused_before_work()
    {
        JobRequest job = node.Job(ManyTasks with { RowsPerBlock = 0 }, Shape);

        JobOutcome outcome = await node.RunAsync(job);

        Assert.Equal((JobState.Failed, "option-out-of-range"), (outcome.Report.State, outcome.Refusal!.Code.Name()));
        Assert.False(node.HasResultOf(job));
    }

    [Fact]
    public async Task A_result_that_cannot_be_created_fails_the_job_with_the_reason_and_the_next_one_runs()
    {
        JobRequest job = node.Job(ManyTasks, Shape);
        Directory.CreateDirectory(Path.Combine(node.Store.Directory, "jobs"));
        await File.WriteAllTextAsync(Path.Combine(node.Store.Directory, "jobs", job.Id), "in the way");

        JobOutcome outcome = await node.RunAsync(job);

        Assert.Equal((JobState.Failed, "store-not-writable"), (outcome.Report.State, outcome.Refusal!.Code.Name()));
        await AssertNextOneRuns();
    }

    private async Task AssertNextOneRuns() =>
        Assert.Equal(JobState.Succeeded, (await node.RunAsync(node.Job(ManyTasks, Shape))).Report.State);
}
