namespace AttentionCluster.Cluster.Journal;

/// <summary>What keeps a journal.</summary>
internal enum JournalProvider
{
    /// <summary>A file in the data directory, which gateways of one machine can share.</summary>
    Sqlite,

    /// <summary>A PostgreSQL server.</summary>
    PostgreSql,
}
