using AttentionCluster.Client.Tests.Fake;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Remote;

public sealed class ExampleTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync("secret");

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("python3", "attend.py")]
    [InlineData("bash", "attend.sh")]
    public void An_example_sends_a_job_with_its_token_and_brings_its_result(string interpreter, string script)
    {
        string output = Example.Run(_folder, interpreter, script, _server.Address);

        Assert.Contains("output_sha256", output, StringComparison.Ordinal);
        FakeJob job = Assert.Single(_server.Jobs.All);
        Assert.Equal("?causal=true&verify=8", job.Query);
        Assert.Equal(job.Result, File.ReadAllBytes(_folder.File("out.safetensors")));
    }

    [Fact]
    public void The_client_in_python_has_forty_lines_at_most() =>
        Assert.InRange(File.ReadLines(Example.PathOf("attend.py")).Count(), 1, 40);
}
