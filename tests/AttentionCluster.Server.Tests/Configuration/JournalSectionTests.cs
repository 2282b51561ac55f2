namespace AttentionCluster.Server.Tests.Configuration;

public sealed class JournalSectionTests
{
    [Theory]
    [InlineData("Journal:Provider", "MySql", "Sqlite or PostgreSql")]
    [InlineData("Journal:Provider", "PostgreSql", "needs one")]
    [InlineData("Journal:ConnectionString", "Host=db", "SQLite takes none")]
    public void A_wrong_setting_is_refused(string key, string value, string words) =>
        Assert.Contains(words, Assert.Single(Settings.Problems((key, value))), StringComparison.Ordinal);

    [Theory]
    [InlineData("Hust=db;Password=secret")]
    [InlineData("Database=db;Password=secret")]
    public void A_wrong_connection_is_refused_without_being_shown(string connection)
    {
        string problem = Assert.Single(Settings.Problems(("Journal:Provider", "PostgreSql"), ("Journal:ConnectionString", connection)));

        Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
    }
}
