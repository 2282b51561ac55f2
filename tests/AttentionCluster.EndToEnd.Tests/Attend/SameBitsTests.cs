using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Attend;

/// <summary>The law that gives the product its use: how a job is run changes no bit of its result.</summary>
public sealed class SameBitsTests : IDisposable
{
    // Several blocks and segments, the last of each cut short.
    private static readonly string[] s_job =
        ["attend", "--random", "1,4:2,1500:1700,40:24", "--causal", "--keys-per-segment", "512", "--json"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Threads_chunks_and_blocks_change_no_bit()
    {
        (string, string) one = Hashes("--threads", "1", "--rows-per-block", "256");

        Assert.Equal(one, Hashes("--threads", "2", "--rows-per-block", "256"));
        Assert.Equal(one, Hashes("--threads", "2", "--rows-per-block", "256", "--chunk-bytes", "4096"));
        Assert.Equal(one, Hashes("--threads", "2", "--rows-per-block", "100"));
        Assert.Equal(one, Hashes("--threads", "2", "--rows-per-block", "256", "--memory", "64MiB"));
    }

    private (string Output, string Lse) Hashes(params string[] more)
    {
        JsonElement report = Attn.Run(_folder, [.. s_job, .. more]).Expect(0).Json;
        return (report.GetProperty("output_sha256").GetString()!, report.GetProperty("lse_sha256").GetString()!);
    }
}
