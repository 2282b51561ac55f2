using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.TestKit;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Tests.Jobs.Coordination;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using Microsoft.Data.Sqlite;

namespace AttentionCluster.Cluster.Tests.Journal;

/// <summary>The journal in its own file.</summary>
public sealed class JobEntityTests() : JobEntityContract(new JournalOptions())
{
    private static readonly ImmutableDictionary<string, int> Nobody = ImmutableDictionary<string, int>.Empty;

    [Fact]
    public async Task A_result_that_is_gone_makes_the_journal_void()
    {
        _ = await BeginAsync();
        WorkerComes();
        await ComputeAsync(tasksMax: 8);
        await JournalsAsync(blocks: 2);
        Die();
        File.Delete(Result.Path);

        Task<JobEnd> end = await BeginAsync();
        WorkerComes();
        List<TaskId> computed = await ComputeAsync();

        Assert.Equal(JobState.Succeeded, (await end.InTime()).State);
        Assert.Equal(TasksOf(Enumerable.Range(0, BlockCount)).Order(ById), computed.Order(ById));
        Die();
        _ = await BeginAsync();
        Assert.DoesNotContain((await HistoryAsync()).Blocks.Blocks, block => block >= BlockCount);
    }

    [Fact]
    public async Task Rows_that_cannot_be_flushed_are_not_journaled_and_fail_the_job()
    {
        Task<JobEnd> end = await BeginAsync();
        Result.Dispose();

        Entity.Tell(new BlockWritten(0, 0, Nobody));

        Assert.Equal((JobState.Failed, "store-not-writable"), ((await end.InTime()).State, (await end).Reason!.Code.Name()));
        Assert.Equal(0, (await HistoryAsync()).Blocks.Count);
    }

    [Fact]
    public async Task A_journal_that_fails_for_a_while_ends_no_job_and_is_told_later()
    {
        Task<JobEnd> end = await BeginAsync();
        TestProbe warnings = WatchWarnings();
        Execute("ALTER TABLE journal RENAME TO away");

        WorkerComes();
        await ComputeAsync(tasksMax: 8);
        warnings.FishForMessage<Warning>(warning =>
            $"{warning.Message}".Contains("can't be written, which is tried again", StringComparison.Ordinal), Patience.Limit);
        Assert.False(end.IsCompleted);
        Execute("ALTER TABLE away RENAME TO journal");

        await JournalsAsync(blocks: 2);
        await ComputeAsync();
        Assert.Equal(JobState.Succeeded, (await end.InTime()).State);
        AssertSameBits();
    }

    [Fact]
    public async Task A_job_that_is_computed_succeeds_though_its_journal_never_comes_back()
    {
        Task<JobEnd> end = await BeginAsync();
        Execute("DROP TABLE journal");

        WorkerComes();
        await ComputeAsync();

        Assert.Equal(JobState.Succeeded, (await end.InTime()).State);
        AssertSameBits();
    }

    [Fact]
    public async Task Forty_jobs_are_removed_at_once_beside_one_that_goes_on()
    {
        Task<JobEnd> end = await BeginAsync();
        TestProbe warnings = WatchWarnings();
        IActorRef[] others = [.. Enumerable.Range(0, 40).Select(number =>
            CreateTestProbe().ChildActorOf(Props.Create(() => new JobEntity($"other{number}", Removal, _ => Props.Empty))))];
        await Task.WhenAll(others.Select(other => other.Ask<JobHistory>(new JobEntity.Open(""), Patience.Limit)));

        Task<JobEntity.Answer>[] removals =
            [.. others.Select(other => other.Ask<JobEntity.Answer>(new JobEntity.Forget(""), Patience.Limit))];
        WorkerComes();
        await ComputeAsync(tasksMax: 8);
        await JournalsAsync(blocks: 2);
        await Task.WhenAll(removals);
        await ComputeAsync();

        Assert.Equal(JobState.Succeeded, (await end.InTime()).State);
        AssertSameBits();
        warnings.ExpectNoMsg(0);
    }

    [Fact]
    public async Task What_a_locked_database_does_not_let_be_removed_is_removed_later()
    {
        _ = await BeginAsync();
        await UntilAsync(() => Count("journal") == 1);
        TestProbe warnings = WatchWarnings();
        Coordinator.Tell(JobCoordinator.Cancel.Instance, TestActor);
        Execute("ALTER TABLE snapshot RENAME COLUMN persistence_id TO away");

        Task<JobEntity.Answer> removal = ForgetAsync();
        warnings.FishForMessage<Warning>(warning => $"{warning.Message}".Contains("can't be removed now", StringComparison.Ordinal),
            Patience.Limit);
        Assert.Equal((false, 1), (removal.IsCompleted, Count("journal")));
        Execute("ALTER TABLE snapshot RENAME COLUMN away TO persistence_id");

        await removal;
        Assert.Equal(0, Count("journal"));
    }

    [Fact]
    public async Task A_coordinator_that_cannot_be_made_ends_its_job_with_the_reason()
    {
        Task<JobEnd> end = await BeginAsync(_ => Props.Create(() => new Unmade()));

        JobEnd ended = await end.InTime();

        Assert.Equal((JobState.Failed, "coordinator-failed", false), (ended.State, ended.Reason!.Code.Name(), ended.IsIdle));
        Assert.Contains(Unmade.Cause, ended.Reason.Message, StringComparison.Ordinal);
        await ForgetAsync();
        Assert.Equal(0, Count("journal"));
    }

    [Fact]
    public async Task Beginnings_without_a_block_are_counted_across_gateways_unless_they_were_told_to_stop()
    {
        for (int beginning = 1; beginning <= 3; beginning++)
        {
            _ = await BeginAsync();
            await UntilAsync(() => HistoryAsync().Result.BeginningsInVain == beginning);
            Die();
        }

        Task<JobEnd> end = await BeginAsync();
        Coordinator.Tell(JobCoordinator.Cancel.Instance, TestActor);
        await end.InTime();
        await SettleAsync();
        Die();

        _ = await BeginAsync();
        await UntilAsync(() => HistoryAsync().Result.BeginningsInVain == 4);
        WorkerComes();
        await ComputeAsync(tasksMax: 8);
        await JournalsAsync(blocks: 2);
        Assert.Equal(0, (await HistoryAsync()).BeginningsInVain);
    }

    [Fact]
    public async Task The_journal_stays_small_however_many_blocks_there_are()
    {
        const int blocks = 3_000;
        _ = await BeginAsync();
        var random = new Random(1);
        int[] order = [.. Enumerable.Range(0, blocks).OrderBy(block => (block / 64) + random.NextDouble())];

        foreach (int[] chunk in order.Chunk(50))
        {
            foreach (int block in chunk)
                Entity.Tell(new BlockWritten(block, 0, Nobody));
            await JournalsAsync(Array.IndexOf(order, chunk[^1]) + 1);
        }

        await UntilAsync(() => Count("journal WHERE deleted = 0") < 60 && Count("snapshot") == 1);
        Assert.InRange(Count("journal"), 1, 60);
        Assert.InRange(Convert.ToInt64(Execute("SELECT (SELECT SUM(LENGTH(message)) FROM journal) + (SELECT SUM(LENGTH(snapshot)) FROM "
            + "snapshot)")), 1, 16_384);
        Die();
        _ = await BeginAsync();
        Assert.Equal([(0, blocks)], (await HistoryAsync()).Blocks.Ranges.AsEnumerable());
    }

    [Fact]
    public void A_journal_that_is_no_database_is_refused_with_its_place()
    {
        string folder = Directory.CreateTempSubdirectory("journal-").FullName;
        File.WriteAllText(Path.Combine(folder, "journal.db"), new string('x', 10_000));

        IOException refused = Assert.Throws<IOException>(new JournalDatabase(new JournalOptions(), folder).Open);

        Assert.Contains(Path.Combine(folder, "journal.db"), refused.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    private protected override long Count(string rows) => Convert.ToInt64(Execute($"SELECT COUNT(*) FROM {rows}"));

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (!condition())
            await Task.Delay(20, limit.Token);
    }

    private TestProbe WatchWarnings()
    {
        TestProbe probe = CreateTestProbe();
        Sys.EventStream.Subscribe(probe, typeof(Warning));
        return probe;
    }

    private object? Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Folder, "journal.db")}");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
