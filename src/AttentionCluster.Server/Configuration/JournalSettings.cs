using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Journal;
using Npgsql;

namespace AttentionCluster.Server.Configuration;

/// <summary>The section <c>Journal</c>.</summary>
internal static class JournalSettings
{
    private const string Provider = "Journal:Provider";
    private const string Connection = "Journal:ConnectionString";
    private const string ConnectionFile = "Journal:ConnectionStringFile";

    /// <returns>Null for a node that is no gateway, and so has no jobs.</returns>
    internal static JournalOptions? Read(SettingsReader settings, NodeRoles roles)
    {
        JournalProvider provider = settings.Value(Provider, JournalProvider.Sqlite, SettingText.JournalProvider);
        string? connection = SecuritySettings.TextOrFile(settings, Connection, ConnectionFile);
        if (provider == JournalProvider.Sqlite && connection is not null)
            settings.Refuse(Connection, "SQLite takes none: its file is journal.db in the data directory");
        if (provider == JournalProvider.PostgreSql && connection is null)
            settings.Refuse(Connection, "PostgreSQL needs one, such as Host=db;Database=attn;Username=attn;Password=..");
        else if (provider == JournalProvider.PostgreSql)
            CheckPostgreSql(settings, connection!);
        return roles.HasFlag(NodeRoles.Gateway) ? new JournalOptions { Provider = provider, ConnectionString = connection } : null;
    }

    /// <summary>What is wrong with it is said without it: it may have a password.</summary>
    private static void CheckPostgreSql(SettingsReader settings, string connection)
    {
        try
        {
            if (new NpgsqlConnectionStringBuilder(connection) is { Host: null or "" })
                settings.Refuse(Connection, "it names no Host");
        }
        catch (Exception problem) when (problem is ArgumentException or FormatException or InvalidCastException)
        {
            settings.Refuse(Connection, "it is no connection string of PostgreSQL; wanted is one such as "
                + "Host=db;Database=attn;Username=attn;Password=..");
        }
    }
}
