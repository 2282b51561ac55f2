using System.Text.Json;
using AttentionCluster.Client.Tests.Fake;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Remote;

/// <summary><c>attn jobs</c>, <c>attn cancel</c> and <c>attn status</c>.</summary>
public sealed class ServerCommandTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Jobs_are_listed_shown_and_ended()
    {
        byte[] upload = Safetensors.Zeros(("q", "F32", 4, [3, 8]), ("k", "F32", 4, [5, 8]), ("v", "F32", 4, [5, 2]));
        _server.Jobs.Accept("a", "", upload);
        _server.Jobs.Making = job => job with { Endless = true };
        _server.Jobs.Accept("b", "", upload);

        string[] lines = Run("jobs").Expect(0).Output.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Matches("^job +state +done +created$", lines[0]);
        Assert.Matches(@"^job-001 +succeeded +100 % +2030-01-02 03:04:05Z$", lines[1]);
        Assert.Equal(2, Run("jobs", "--json").Expect(0).Json.GetProperty("jobs").GetArrayLength());

        Assert.Matches("output sha256 +[0-9a-f]{64}", Run("jobs", "job-001").Expect(0).Output);
        JsonElement one = Run("jobs", "job-002", "--json").Expect(0).Json;
        Assert.Equal("running", one.GetProperty("state").GetString());
        Assert.Equal(4, one.GetProperty("progress").GetProperty("tasks").GetInt32());

        Assert.Contains("was told to end", Run("cancel", "job-002").Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal("cancelled", _server.Jobs.Find("job-002")!.State);
        Assert.Contains("had ended before", Run("cancel", "job-001").Expect(0).Output, StringComparison.Ordinal);
        Run("jobs", "none").ExpectRefusal("there is no job none");
    }

    [Fact]
    public void The_cluster_is_a_table_of_its_nodes()
    {
        string[] lines = Run("status").Expect(0).Output.TrimEnd('\n').Split('\n');

        Assert.Matches("^node +state +roles +worker +threads +segments +GFLOP/s +version$", lines[0]);
        Assert.Matches("^127.0.0.1:4053 +up +gateway +- +- +- +- +-$", lines[1]);
        Assert.Matches("^127.0.0.1:4063 +up +worker +w1 +4 +1 GiB of 8 GiB +123.4 +-$", lines[2]);
        Assert.True(Run("status", "--json").Expect(0).Json.GetProperty("is_up").GetBoolean());
    }

    private AttnResult Run(params string[] command) => Attn.Run(_folder, [.. command, "--server", $"{_server.Address}"]);
}
