using AttentionCluster.Cluster.Journal;
using Npgsql;

namespace AttentionCluster.Cluster.Tests.Journal;

/// <summary>The journal in a real PostgreSQL.</summary>
public sealed class PostgreSqlJournalTests : JobEntityContract, IClassFixture<PostgreSqlServer>
{
    private readonly string _connection;

    public PostgreSqlJournalTests(PostgreSqlServer server)
        : base(Options(server))
    {
        _connection = server.ConnectionString!;
        using var connection = new NpgsqlConnection(_connection);
        connection.Open();
        using var command = new NpgsqlCommand("DROP SCHEMA public CASCADE; CREATE SCHEMA public", connection);
        command.ExecuteNonQuery();
    }

    [SkippableFact]
    public void A_server_that_is_not_there_is_refused_without_its_password()
    {
        var options = new JournalOptions
        {
            Provider = JournalProvider.PostgreSql,
            ConnectionString = "Host=127.0.0.1;Port=1;Username=u;Password=not-to-be-told;Database=d"
        };

        IOException refused = Assert.Throws<IOException>(new JournalDatabase(options, Folder).Open);

        Assert.Contains("PostgreSQL", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not-to-be-told", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("not-to-be-told", $"{options}", StringComparison.Ordinal);
    }

    private protected override long Count(string rows)
    {
        using var connection = new NpgsqlConnection(_connection);
        connection.Open();
        using var command = new NpgsqlCommand($"SELECT COUNT(*) FROM {rows}", connection);
        return (long)command.ExecuteScalar()!;
    }

    private static JournalOptions Options(PostgreSqlServer server)
    {
        Skip.If(server.ConnectionString is null, "PostgreSQL is not installed (Debian: apt-get install postgresql)");
        return new JournalOptions { Provider = JournalProvider.PostgreSql, ConnectionString = server.ConnectionString };
    }
}
