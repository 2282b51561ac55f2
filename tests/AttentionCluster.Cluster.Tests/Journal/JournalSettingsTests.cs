using Akka.Configuration;
using AttentionCluster.Cluster.Hosting;
using AttentionCluster.Cluster.Journal;

namespace AttentionCluster.Cluster.Tests.Journal;

public sealed class JournalSettingsTests
{
    [Theory]
    [InlineData("akka.persistence.journal.plugin", "akka.persistence.journal.sql")]
    [InlineData("akka.persistence.journal.sql.tag-write-mode", "Csv")]
    [InlineData("akka.persistence.journal.sql.parallelism", "1")]
    [InlineData("akka.persistence.journal.sql.warn-on-auto-init-fail", "false")]
    [InlineData("akka.persistence.journal.sql.circuit-breaker.call-timeout", "30s")]
    [InlineData("akka.persistence.journal.sql.circuit-breaker.reset-timeout", "5s")]
    [InlineData("akka.persistence.snapshot-store.plugin", "akka.persistence.snapshot-store.sql")]
    [InlineData("akka.persistence.snapshot-store.sql.warn-on-auto-init-fail", "false")]
    [InlineData("akka.persistence.snapshot-store.sql.circuit-breaker.call-timeout", "30s")]
    [InlineData("akka.persistence.snapshot-store.sql.circuit-breaker.reset-timeout", "5s")]
    public void What_a_file_of_settings_says_is_in_effect_and_replaces_what_there_is(string path, string value)
    {
        Assert.Equal(value, AkkaSettings.ForJournal().GetString(path));
        Assert.Equal(value, new JournalDatabase(new JournalOptions(), "data").Settings(AkkaSettings.ForJournal()).GetString(path));
    }

    [Fact]
    public void A_connection_is_what_it_was_whatever_is_in_it()
    {
        const string connection = "Host=db;Password=\"a;b\\'c\";Username=${HOME}";

        Config settings = new JournalDatabase(new JournalOptions { Provider = JournalProvider.PostgreSql, ConnectionString = connection },
            "data").Settings(AkkaSettings.ForJournal());

        Assert.Equal(connection, settings.GetString("akka.persistence.journal.sql.connection-string"));
        Assert.Equal(connection, settings.GetString("akka.persistence.snapshot-store.sql.connection-string"));
    }
}
