using AttentionCluster.Cluster;
using AttentionCluster.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.Tests.Configuration;

/// <summary>Defaults, then files, then the environment, then the command line.</summary>
public sealed class LayersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_any_setting_a_node_is_a_cluster_of_its_own_on_loopback()
    {
        ServeOptions options = Settings.Read();

        Assert.Equal(NodeRoles.Gateway | NodeRoles.Worker, options.Node.Roles);
        Assert.Equal((("127.0.0.1", 4053), ("127.0.0.1", 4054)), (options.Node.ClusterAddress, options.DataPlane.Listen));
        Assert.Equal(["http://127.0.0.1:8080"], options.Http.Urls);
        Assert.Empty(options.Node.Seeds);
        Assert.Null(options.Http.Token);
        Assert.Equal(LogLevel.Warning, options.LogLevel);
    }

    [Fact]
    public void The_last_layer_that_has_a_setting_wins()
    {
        ServeOptions options = Settings.Read(
            Settings.Layer("first", ("Node:Name", "a"), ("Node:ChunkBytes", "8KiB"), ("Http:ConnectionsMax", "7")),
            Settings.Layer("second", ("Node:Name", "b"), ("node:chunkbytes", "16KiB")),
            Settings.Layer("third", ("Node:Name", "c")));

        Assert.Equal(("c", 16 << 10, 7), (options.Node.Name, options.Node.ChunkBytes, options.Http.ConnectionsMax));
    }

    [Fact]
    public void A_list_is_taken_whole_from_the_strongest_layer_whether_written_as_a_list_or_with_commas()
    {
        ConfigurationLayer three =
            Settings.Layer("file", ("Cluster:Seeds:0", "a:1"), ("Cluster:Seeds:1", "b:2"), ("Cluster:Seeds:2", "c:3"),
            ("Security:Secret", Settings.Secret));

        Assert.Equal(["a:1", "b:2", "c:3"], Settings.Read(three).Node.Seeds);
        Assert.Equal(["d:4", "e:5"], Settings.Read(three, Settings.Layer("environment", ("Cluster:Seeds", "d:4, e:5"))).Node.Seeds);
        Assert.Equal(["f:6"], Settings.Read(three, Settings.Layer("environment", ("Cluster:Seeds:0", "f:6"))).Node.Seeds);
        Assert.Empty(Settings.Read(three, Settings.Layer("environment", ("Cluster:Seeds", ""))).Node.Seeds);
    }

    [Fact]
    public void A_file_may_have_comments_and_null_is_as_if_it_were_not_there()
    {
        ConfigurationLayer file = ConfigurationLayer.FromFile(Write("""
            // a comment
            {
              "Node": { "Name": "n", "Threads": null, /* and another */ },
              "Cluster": { "Seeds": [] },
              "Http": {},
            }
            """));

        ServeOptions options = Settings.Read(file);

        Assert.Equal(("n", 2), (options.Node.Name, options.Node.Threads));
        Assert.Empty(options.Node.Seeds);
    }

    [Theory]
    [InlineData("""{ "Node": { "Name": """)]
    [InlineData("""{ "Node": { "Name": "a", "Name": "b" } }""")]
    [InlineData("""[1]""")]
    [InlineData("")]
    public void A_file_that_is_no_configuration_is_refused(string text) =>
        Assert.Throws<FormatException>(() => ConfigurationLayer.FromFile(Write(text)));

    [Fact]
    public void A_problem_says_which_variable_or_option_has_the_value()
    {
        ConfigurationLayer options =
            ConfigurationLayer.FromCommandLine([("Node:Threads", "--threads", "0"), ("Cluster:Seeds", "--seeds", "nowhere")]);

        Assert.Contains(Settings.Problems(options), problem =>
            problem == "Node:Threads (--threads): threads is 0; it must be from 1 to 1024");
        Assert.Contains(Settings.Problems(options), problem => problem == "Cluster:Seeds (--seeds): \"nowhere\" is no host:port of a seed");
    }

    private string Write(string text)
    {
        string path = Path.Combine(_folder.Path, "node.json");
        File.WriteAllText(path, text);
        return path;
    }
}
