using System.Data.Common;
using Akka.Configuration;
using Akka.Persistence.Sql;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace AttentionCluster.Cluster.Journal;

/// <summary>The database of the journal: how Akka.Persistence reaches it, and what that does not do.</summary>
internal sealed class JournalDatabase
{
    /// <summary>Another gateway that shares the file writes for milliseconds.</summary>
    private const int BusySeconds = 30;

    private readonly JournalProvider _provider;
    private readonly string _connectionString;

    internal JournalDatabase(JournalOptions options, string dataDirectory)
    {
        _provider = options.Provider;
        Place = _provider == JournalProvider.Sqlite ? Path.Combine(Path.GetFullPath(dataDirectory), "journal.db")
            : "the PostgreSQL server of Journal:ConnectionString";
        _connectionString = _provider == JournalProvider.Sqlite
            ? new SqliteConnectionStringBuilder { DataSource = Place, DefaultTimeout = BusySeconds }.ToString()
            : options.ConnectionString!;
    }

    /// <summary>Where it is, for people; says nothing secret.</summary>
    internal string Place { get; }

    /// <summary>The settings of Akka.Persistence.</summary>
    /// <param name="product">What the product sets besides how the database is reached.</param>
    internal Config Settings(Config product)
    {
        string database = $$"""
            { connection-string = {{Quoted(_connectionString)}}, provider-name = "{{(_provider == JournalProvider.Sqlite ? "SQLite.MS" : "PostgreSQL.15")}}" }
            """;
        return ConfigurationFactory.ParseString($"akka.persistence.journal.sql = {database}\nakka.persistence.snapshot-store.sql = "
            + $"{database}")
            .WithFallback(product)
            .WithFallback(SqlPersistence.DefaultConfiguration);
    }

    /// <summary>Makes sure that it can be written, before anything depends on it.</summary>
    /// <exception cref="IOException">It can't be opened, or not be written.</exception>
    internal void Open()
    {
        try
        {
            using DbConnection connection = Connect();
            if (_provider == JournalProvider.Sqlite)
            {
                // A commit is on the disk when it is said to be, and readers don't wait for it.
                Execute(connection, "PRAGMA journal_mode = WAL");
                if (Execute(connection, "PRAGMA quick_check") is string found and not "ok")
                    throw new IOException($"the journal of jobs ({Place}) is damaged ({found}): move it away, and jobs that had not ended "
                        + "begin anew");
            }

            // Who may only read has no use for it; what is tried leaves nothing.
            using DbTransaction trial = connection.BeginTransaction();
            Execute(connection, $"CREATE TABLE trial_{Guid.NewGuid():N} (number INTEGER)");
            trial.Rollback();
        }
        catch (Exception problem) when (problem is DbException or ArgumentException or InvalidOperationException)
        {
            throw new IOException($"the journal of jobs ({Place}) can't be opened: {problem.Message}", problem);
        }
    }

    /// <summary>Does <see cref="Remove"/> on the thread pool: an actor that waited for the database would stop its mailbox.</summary>
    internal Task RemoveAsync(IReadOnlyCollection<string> jobs) => Task.Run(() => Remove(jobs));

    /// <summary>
    /// Removes all that is journaled under some ids that are never used again, in one transaction. Akka.Persistence would leave the last
    /// event of each, so that numbers go on from it.
    /// </summary>
    /// <exception cref="DbException">The database fails.</exception>
    internal void Remove(IReadOnlyCollection<string> persistenceIds)
    {
        using DbConnection connection = Connect();
        using DbTransaction transaction = connection.BeginTransaction();
        try
        {
            foreach (string table in (string[])["journal", "snapshot"])
            {
                foreach (string id in persistenceIds)
                    Execute(connection, $"DELETE FROM {table} WHERE persistence_id = @id", id);
            }
        }
        catch (DbException problem) when (IsMissingTable(problem))
        {
            // Akka makes the tables when the first job is begun; before that there is nothing to remove.
            return;
        }

        transaction.Commit();
    }

    private static bool IsMissingTable(DbException problem) =>
        problem is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable }
        || (problem is SqliteException { SqliteErrorCode: 1 } && problem.Message.Contains("no such table", StringComparison.Ordinal));

    private static string Quoted(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static object? Execute(DbConnection connection, string sql, string? id = null)
    {
        using DbCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Made of constants, here.
        command.CommandText = sql;
#pragma warning restore CA2100
        if (id is not null)
        {
            DbParameter parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ("id", id);
            command.Parameters.Add(parameter);
        }

        return command.ExecuteScalar();
    }

    private DbConnection Connect()
    {
        DbConnection connection =
            _provider == JournalProvider.Sqlite ? new SqliteConnection(_connectionString) : new NpgsqlConnection(_connectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
