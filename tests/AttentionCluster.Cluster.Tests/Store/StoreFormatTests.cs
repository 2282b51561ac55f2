using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Versions;

namespace AttentionCluster.Cluster.Tests.Store;

/// <summary>A data directory says what version it is of, and only builds that can read it touch it.</summary>
public sealed class StoreFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Description => Path.Combine(_folder.Path, "store.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_directory_and_one_of_0_1_0_get_the_version_of_this_build()
    {
        foreach (string directory in new[] { Path.Combine(_folder.Path, "new"), _folder.Path })
        {
            Assert.Null(StoreFormat.WhyNot(directory));
            StoreFormat.Open(directory);
            StoreFormat.Open(directory);

            Assert.Equal(
                $$"""{"format":{{StoreFormat.Current}},"written_by":"{{ProductVersion.Current}}"}""",
                File.ReadAllText(Path.Combine(directory, "store.json")));
        }
    }

    [Fact]
    public async Task Gateways_that_share_a_directory_may_open_it_at_once()
    {
        using var start = new Barrier(8);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            start.SignalAndWait();
            StoreFormat.Open(_folder.Path);
        })));

        Assert.Equal([Description], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("""{"format":99,"written_by":"9.9.9"}""", "version 9.9.9")]
    [InlineData("""{"format":99,"written_by":"9.9.9","more":{}}""", "store format 99")]
    [InlineData("""{"written_by":"9.9.9"}""", "does not say")]
    [InlineData("""{"format":"two","written_by":"9.9.9"}""", "does not say")]
    [InlineData("", "does not say")]
    public void A_directory_of_a_newer_version_is_refused_by_name_and_stays_as_it_is(string description, string words)
    {
        File.WriteAllText(Description, description);

        string message = Assert.Throws<IOException>(() => StoreFormat.Open(_folder.Path)).Message;

        Assert.Contains(words, message, StringComparison.Ordinal);
        Assert.Contains(_folder.Path, message, StringComparison.Ordinal);
        Assert.Equal(description, File.ReadAllText(Description));
        Assert.Equal([Description], Directory.GetFileSystemEntries(_folder.Path));
    }
}
