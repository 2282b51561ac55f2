using AttentionCluster.Client.Tests.Fake;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Remote;

/// <summary>What goes wrong between <c>attn</c> and a server, and how the caller learns of it.</summary>
public sealed class RemoteRefusalTests : IAsyncLifetime, IDisposable
{
    private static readonly string[] s_small = ["attend", "--random", "1,1,10,8"];

    private readonly TemporaryFolder _folder = new();
    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--threads", "2")]
    [InlineData("--memory", "1GiB")]
    [InlineData("--chunk-bytes", "4096")]
    public void Options_of_a_node_are_refused_by_name(string option, string value)
    {
        Run([.. s_small, option, value]).ExpectRefusal(option, "goes to a server");

        Assert.Empty(_server.Calls);
    }

    [Theory]
    [InlineData("localhost:8080")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("")]
    public void A_server_without_an_address_is_refused(string server) =>
        Attn.Run(_folder, [.. s_small, "--server", server]).ExpectRefusal("--server", "http://127.0.0.1:8080");

    [Fact]
    public void What_can_be_known_here_is_refused_before_anything_is_sent()
    {
        Run([.. s_small, "--keys-per-segment", "0"]).ExpectRefusal("keys-per-segment");
        Run([.. s_small, "-o", "out.txt"]).ExpectRefusal("out.txt");

        Assert.Empty(_server.Calls);
    }

    [Theory]
    [InlineData(422, "too-many-tasks", 2)]
    [InlineData(413, "job-too-large", 2)]
    [InlineData(507, "store-full", 3)]
    [InlineData(500, "internal-error", 3)]
    public void A_refusal_of_the_server_is_told_in_its_words(int status, string code, int exitCode)
    {
        _server.Next("POST /v1/jobs", Faults.Problem(status, code, "the job has 3 TiB and the store takes 2 TiB"));

        AttnResult result = Run([.. s_small, "-o", "out.safetensors"]).Expect(exitCode);

        Assert.Equal("attn: the job has 3 TiB and the store takes 2 TiB\n", result.Error);
        Assert.Empty(result.Output);
        Assert.Empty(_folder.Leftovers());
    }

    [Fact]
    public async Task A_missing_token_is_named()
    {
        await using FakeServer guarded = await FakeServer.StartAsync("secret");

        Attn.Run(_folder, [.. s_small, "--server", $"{guarded.Address}"]).ExpectRefusal("--token", "ATTN_TOKEN");
    }

    [Fact]
    public void A_server_that_is_not_there_is_a_failure_of_the_cluster() =>
        Assert.Contains("can't be reached", Attn.Run(_folder, "status", "--server", "http://127.0.0.1:9").Expect(3).Error,
            StringComparison.Ordinal);

    [Fact]
    public void A_job_that_fails_has_its_reason()
    {
        _server.Jobs.Making = job => job with { Error = "workers-lost" };

        AttnResult result = Run([.. s_small, "-o", "out.safetensors"]).Expect(3);

        Assert.Contains("the last worker is gone", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("out.safetensors")));
    }

    [Fact]
    public void A_result_that_its_check_finds_wrong_is_a_failed_check()
    {
        _server.Jobs.Making = job => job with { IsWrong = true };

        AttnResult result = Run([.. s_small, "--verify", "8"]).Expect(1);

        Assert.Contains("verify FAILED", result.Output, StringComparison.Ordinal);
        Assert.Contains("the result is wrong", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jobs")]
    [InlineData("cancel", "job-001")]
    [InlineData("status")]
    public void A_command_that_needs_a_server_asks_for_one(params string[] command) =>
        Attn.Run(_folder, command).ExpectRefusal("--server", "ATTN_SERVER");

    private AttnResult Run(string[] command) => Attn.Run(_folder, [.. command, "--server", $"{_server.Address}"]);
}
