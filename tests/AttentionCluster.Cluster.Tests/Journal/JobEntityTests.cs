using System.Collections.Immutable;
using Akka.Actor;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Core.Reports;
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

        Assert.Equal((JobState.Failed, "result-not-writable"), ((await end.InTime()).State, (await end).Reason!.Code));
        Assert.Equal(0, (await HistoryAsync()).Blocks.Count);
    }

    [Fact]
    public async Task A_journal_that_cannot_be_written_any_more_fails_the_job_with_the_reason()
    {
        Task<JobEnd> end = await BeginAsync();
        Execute("DROP TABLE journal");

        Entity.Tell(new BlockWritten(0, 0, Nobody));

        JobEnd ended = await end.InTime();
        Assert.Equal((JobState.Failed, "journal-not-writable"), (ended.State, ended.Reason!.Code));
        Assert.Contains("journal", ended.Reason.Message, StringComparison.Ordinal);
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
        Assert.InRange(Convert.ToInt64(Execute("SELECT (SELECT SUM(LENGTH(message)) FROM journal) + (SELECT SUM(LENGTH(snapshot)) FROM snapshot)")), 1, 16_384);
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

    private object? Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Folder, "journal.db")}");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
