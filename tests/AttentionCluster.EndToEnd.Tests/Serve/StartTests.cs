using System.Net;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>A node that starts, or says why it does not.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class StartTests : IDisposable
{
    private const string Token = "0123456789abcdef";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_wrong_configuration_ends_the_start_with_all_that_is_wrong_and_where_that_is()
    {
        _folder.Write("node.json", """{ "Node": { "Thraeds": 4 }, /* half a minute */ "DataPlane": { "StallTimeout": "30" } }"""u8.ToArray());

        Attn.Run(
            _folder, [("ATTN__Http__ConnectionsMax", "0")],
            "serve", "--config", "node.json", "--roles", "gatway", "--urls", "http://0.0.0.0:0").ExpectRefusal(
            "attn: Node:Thraeds (in node.json): there is no such key; known are Node:ChunkBytes",
            "attn: DataPlane:StallTimeout (in node.json): it is \"30\"; it must be a time such as",
            "attn: Http:ConnectionsMax (environment variable ATTN__Http__ConnectionsMax): connections-max is 0; it must be from 1 to 65536",
            "attn: Node:Roles (--roles): \"gatway\" is no role",
            "attn: Security:Token (by default): http://0.0.0.0:0 can be reached from other machines");
        Assert.False(Directory.Exists(_folder.File("attn-data")));
    }

    [Fact]
    public void A_file_that_is_not_there_or_no_JSON_is_refused()
    {
        _folder.Write("node.json", "{ \"Node\": "u8.ToArray());

        Attn.Run(_folder, "serve", "--config", "none.json").ExpectRefusal("none.json");
        Attn.Run(_folder, "serve", "--config", "node.json").ExpectRefusal("node.json", "can't be read");
    }

    [SkippableFact]
    public async Task Settings_come_from_files_the_environment_and_the_command_line()
    {
        Signal.Require(Signal.Terminate);
        _folder.Write("one.json", """{ "Node": { "Roles": ["worker"], "DataDirectory": "from-one" }, "Security": { "TokenFile": "none" } }"""u8.ToArray());
        _folder.Write("two.json", """{ "Node": { "DataDirectory": "from-two" }, "Security": { "TokenFile": "token" } }"""u8.ToArray());
        _folder.Write("token", System.Text.Encoding.ASCII.GetBytes(Token + "\n"));

        await using ServeProcess node = ServeProcess.Start(
            _folder, [("ATTN__Node__Roles", "gateway,worker"), ("ATTN__Node__DataDirectory", "from-the-environment")],
            "--config", "one.json", "--config", "two.json", "--data", "from-the-command-line");
        await node.WaitForReadyAsync();

        Assert.True(Directory.Exists(_folder.File("from-the-command-line")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await node.Http.GetAsync("/v1/cluster")).StatusCode);
        node.Http.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        Assert.Equal(["gateway", "worker"],
            (await node.ClusterAsync()).GetProperty("nodes")[0].GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
        Assert.Equal(HttpStatusCode.OK, (await node.Http.GetAsync("/healthz/ready")).StatusCode);
    }

    [SkippableFact]
    public async Task A_port_that_is_taken_ends_the_start()
    {
        Signal.Require(Signal.Terminate);
        await using ServeProcess first = ServeProcess.Start(_folder, []);
        await first.WaitForReadyAsync();
        string cluster = await first.ClusterAddressAsync();

        await AssertRefusedAsync($"the cluster address {cluster} can't be listened on (Address already in use)", "--cluster", cluster);
        await AssertRefusedAsync($"Failed to bind to address {first.Url}: address already in use", "--urls", first.Url);

        first.Tell(Signal.Terminate);
        Assert.Empty((await first.WaitForExitAsync()).Expect(0).Error);
    }

    [SkippableTheory]
    [InlineData(Signal.Interrupt)]
    [InlineData(Signal.Terminate)]
    public async Task A_node_that_is_told_to_end_while_it_looks_for_its_cluster_ends(int signal)
    {
        Signal.Require(signal);
        await using ServeProcess node =
            ServeProcess.Start(_folder, [("ATTN__Security__Secret", new string('s', 32))], "--seeds", "127.0.0.1:1");
        await node.WaitForErrorAsync("127.0.0.1:1");

        node.Tell(signal);

        Assert.Empty((await node.WaitForExitAsync()).Expect(0).Output);
    }

    private async Task AssertRefusedAsync(string reason, params string[] arguments)
    {
        await using ServeProcess node = ServeProcess.Start(_folder, [], arguments);

        AttnResult end = (await node.WaitForExitAsync()).Expect(3);

        Assert.StartsWith($"attn: {reason}", end.Error, StringComparison.Ordinal);
        Assert.Empty(end.Output);
    }
}
