using Akka.Actor;
using Akka.Configuration;
using AttentionCluster.Cluster.Hosting;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Journal;
using Npgsql;

namespace AttentionCluster.Cluster.Tests.Journal;

/// <summary>Gateways that start at once, and find a PostgreSQL without a table: each can use the journal.</summary>
public sealed class EmptyDatabaseTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    private const int Gateways = 4, Rounds = 3;

    [SkippableFact]
    public async Task Each_makes_the_tables_or_finds_them()
    {
        Skip.If(server.ConnectionString is null, "PostgreSQL is not installed (Debian: apt-get install postgresql)");
        using var folder = new TemporaryFolder();
        var database = new JournalDatabase(
            new JournalOptions { Provider = JournalProvider.PostgreSql, ConnectionString = server.ConnectionString }, folder.Path);
        Config settings = database.Settings(AkkaSettings.ForJournal())
            .WithFallback(ConfigurationFactory.ParseString("akka { loglevel = OFF, actor.provider = local }"))
                .WithFallback(AkkaSettings.ForEveryNode());
        for (int round = 0; round < Rounds; round++)
        {
            Empty(server.ConnectionString!);
            ActorSystem[] gateways =
                [.. Enumerable.Range(0, Gateways).Select(gateway => ActorSystem.Create($"gateway{gateway}", settings))];
            try
            {
                using var start = new Barrier(Gateways);
                await Task.WhenAll(gateways.Select(gateway => Task.Factory.StartNew(
                    () => UseAsync(gateway, database, start), CancellationToken.None, TaskCreationOptions.LongRunning,
                        TaskScheduler.Default).Unwrap()));
            }
            finally
            {
                await Task.WhenAll(gateways.Select(gateway => gateway.Terminate()));
            }
        }
    }

    private static void Empty(string database)
    {
        using var connection = new NpgsqlConnection(database);
        connection.Open();
        using var command = new NpgsqlCommand("DROP SCHEMA public CASCADE; CREATE SCHEMA public", connection);
        command.ExecuteNonQuery();
    }

    private static async Task UseAsync(ActorSystem gateway, JournalDatabase database, Barrier start)
    {
        start.SignalAndWait();
        database.Open();
        IActorRef job = gateway.ActorOf(Props.Create(() => new JobEntity("job", ActorRefs.Nobody, _ => Props.Empty)));
        JobHistory history = await job.Ask<JobHistory>(new JobEntity.Open("job"), Patience.Limit);
        Assert.Empty(history.Owners);
    }
}
