using Microsoft.Data.Sqlite;

namespace AttentionCluster.Chaos.Running;

/// <summary>What gateways without jobs must not have in their data directory.</summary>
internal static class Leftovers
{
    private const string Unfinished = ".new", Lock = ".lock", Keys = "keys", KeysLock = "lock", Jobs = "jobs", Journal = "journal.db";

    /// <summary>Looks through a data directory.</summary>
    /// <param name="data">The directory.</param>
    /// <param name="gateways">Gateways that use it now: each may have a lock.</param>
    public static IReadOnlyList<string> In(string data, int gateways)
    {
        try
        {
            string[] entries = [.. Directory.EnumerateFileSystemEntries(data, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(data, path)).Order(StringComparer.Ordinal)];
            string[] locks = [.. entries.Where(IsLock)];
            return
            [
                .. entries.Where(entry => !IsLock(entry) && MustGo(entry)),
                .. locks.Length > gateways ? locks : [],
                .. Journaled(Path.Combine(data, Journal)).Select(job => $"{job} in the journal"),
            ];
        }
        catch (IOException)
        {
            // It has just changed.
            return ["the directory changes"];
        }
    }

    private static bool IsLock(string entry) => Path.GetDirectoryName(entry) == Jobs && entry.EndsWith(Lock, StringComparison.Ordinal);

    private static bool MustGo(string entry) =>
        entry.EndsWith(Unfinished, StringComparison.Ordinal)
        || entry.StartsWith(Jobs + Path.DirectorySeparatorChar, StringComparison.Ordinal)
        || (Path.GetDirectoryName(entry) == Keys && Path.GetFileName(entry) != KeysLock);

    private static List<string> Journaled(string path)
    {
        List<string> jobs = [];
        if (!File.Exists(path))
            return jobs;
        using var connection =
            new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "SELECT persistence_id FROM journal UNION SELECT persistence_id FROM snapshot";
            using SqliteDataReader reader = command.ExecuteReader();
            while (reader.Read())
                jobs.Add(reader.GetString(0));
        }
        catch (SqliteException busy)
        {
            jobs.Add($"the journal can't be read ({busy.Message})");
        }

        return jobs;
    }
}
