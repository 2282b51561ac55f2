using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Tests.Journal;

/// <summary>What a job's entity does in every database.</summary>
public abstract class JobEntityContract : JournaledJob
{
    private protected static readonly Comparer<TaskId> ById =
        Comparer<TaskId>.Create((left, right) => (left.Block, left.Segment).CompareTo((right.Block, right.Segment)));

    private protected JobEntityContract(JournalOptions options)
        : base(options)
    {
    }

    /// <summary>Rows of a table, with a condition or not.</summary>
    private protected abstract long Count(string rows);

    [SkippableFact]
    public async Task A_job_goes_on_where_its_dead_gateway_was_and_has_the_same_bits()
    {
        _ = await BeginAsync();
        WorkerComes();
        await ComputeAsync(tasksMax: 8);
        await JournalsAsync(blocks: 2);
        int[] done = [.. (await HistoryAsync()).Blocks.Blocks];
        Die();

        Progress.Clear();
        Task<JobEnd> end = await BeginAsync();
        WorkerComes();
        List<TaskId> computed = await ComputeAsync();

        Assert.Equal(JobState.Succeeded, (await end.InTime()).State);
        Assert.Equal(TasksOf(Enumerable.Range(0, BlockCount).Except(done)).Order(ById), computed.Order(ById));
        Assert.Equal(TasksOf(done).Count(), Progress[0].TasksDone);
        Assert.Equal(TasksOf(Enumerable.Range(0, BlockCount)).Count(), Progress[^1].TasksDone);
        AssertSameBits();
        JobHistory history = await HistoryAsync();
        Assert.Equal(["gateway1", "gateway2"], history.Owners.AsEnumerable());
        Assert.Equal(2, history.Workers["worker"]);
    }

    [SkippableFact]
    public async Task What_was_journaled_of_a_job_is_removed_to_the_last_row()
    {
        Task<JobEnd> end = await BeginAsync();
        WorkerComes();
        await ComputeAsync(tasksMax: 8);
        await JournalsAsync(blocks: 2);
        Assert.True(Count("journal") > 0);
        Coordinator.Tell(JobCoordinator.Cancel.Instance, TestActor);
        Assert.Equal(JobState.Cancelled, (await end.InTime()).State);

        await ForgetAsync();

        Assert.Equal((0, 0), (Count("journal"), Count("snapshot")));
        Die();
        _ = await BeginAsync();
        Assert.Equal(0, (await HistoryAsync()).Blocks.Count);
    }
}
