using AttentionCluster.EndToEnd.Tests.Running;
using AttentionCluster.EndToEnd.Tests.Serve;

namespace AttentionCluster.EndToEnd.Tests.Remote;

/// <summary>
/// What the client does with the server that stands in for a gateway, it does with a real one; and so do the command line and the examples.
/// </summary>
[Collection(ProcessesCollection.Name)]
public sealed class RealServerTests(RealServer server) : Client.Tests.ClientContract, IClassFixture<RealServer>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    protected override Uri Server => server.Address;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_server_gives_the_bits_that_a_node_in_the_process_gives()
    {
        string[] job = ["attend", "--random", "1,4:2,500:700,40:24", "--causal", "--verify", "8"];

        Attn.Run(_folder, [.. job, "-o", "here.safetensors"]).Expect(0);
        AttnResult there = Attn.Run(_folder, [.. job, "-o", "there.safetensors", "--server", $"{Server}"]).Expect(0);

        Assert.Contains("verify ok", there.Output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(_folder.File("here.safetensors")), File.ReadAllBytes(_folder.File("there.safetensors")));
    }

    [SkippableTheory]
    [InlineData("python3", "attend.py")]
    [InlineData("bash", "attend.sh")]
    public void An_example_brings_a_result_that_its_check_finds_right(string interpreter, string script)
    {
        string output = Example.Run(_folder, interpreter, script, Server);

        Assert.Matches("\"ok\": ?true", output);
        Assert.Equal([256, 16], Safetensors.Shape(File.ReadAllBytes(_folder.File("out.safetensors")), "o")[^2..]);
    }
}
