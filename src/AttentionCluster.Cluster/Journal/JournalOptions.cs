namespace AttentionCluster.Cluster.Journal;

/// <summary>Where a gateway journals how far its jobs are.</summary>
internal sealed record JournalOptions
{
    /// <summary>What keeps it. Default: SQLite.</summary>
    public JournalProvider Provider { get; init; } = JournalProvider.Sqlite;

    /// <summary>
    /// How a PostgreSQL server is reached, as <c>Host=..;Database=..;Username=..;Password=..</c>; null for SQLite, which is
    /// <c>journal.db</c> in the data directory. Default: null.
    /// </summary>
    public string? ConnectionString { get; init; }

    /// <summary>Without the connection string, which may have a password.</summary>
    public override string ToString() => $"{Provider}{(ConnectionString is null ? "" : ", with a connection string")}";
}
