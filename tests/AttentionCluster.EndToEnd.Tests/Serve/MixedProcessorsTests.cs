using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>
/// Law 10 on real nodes: one pair of hashes, whatever instructions those have that compute, and whoever joins in the middle.
/// </summary>
[Collection(ProcessesCollection.Name)]
public sealed class MixedProcessorsTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    /// <summary>
    /// What the runtime must leave out for a processor with less: 512-bit vectors, or those of 256 bits and fused multiply-add too.
    /// </summary>
    private static readonly (string, string)[] s_withoutAvx512 = [("DOTNET_EnableAVX512", "0")], s_withoutFused =
        [("DOTNET_EnableAVX512", "0"), ("DOTNET_EnableAVX2", "0")];

    private static readonly string[] s_job =
        ["attend", "--random", "1,8:2,2048,64", "--causal", "--keys-per-segment", "256", "--rows-per-block", "64", "--json"];

    private readonly TemporaryFolder _folder = new();
    private ProcessCluster? _cluster;

    public async Task InitializeAsync() => _cluster = await ProcessCluster.StartAsync(workers: 0);

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_fused_job_has_the_same_bits_on_processors_of_any_kind_that_join_in_its_middle()
    {
        JsonElement[] alone =
        [
            Run([], "--threads", "1"), Run([], "--threads", "2"), Run(s_withoutAvx512), Run(s_withoutFused),
                Run([], "--kernel", "emulated"),
        ];
        Assert.Single(alone.Select(Bits).Distinct());
        string best = Kernel(alone[0]), second = Kernel(alone[2]), least = Kernel(alone[3]);
        Assert.Equal("emulated", least);

        // The slowest first: so there is a middle for the others to come in.
        await _cluster!.AddAsync(s_withoutFused);
        using Process attend = Attn.Start(_folder, [], [.. s_job, "--server", _cluster.Gateway.Url]);
        Task<string> written = attend.StandardOutput.ReadToEndAsync(), error = attend.StandardError.ReadToEndAsync();
        await ServedJob.UntilAsync(async () => await ServedJob.TasksDoneAsync(_cluster.Gateway) is > 3);
        await _cluster.AddAsync(s_withoutAvx512);
        await _cluster.AddAsync();
        await attend.WaitForExitAsync().WaitAsync(s_patience);
        JsonElement mixed = new AttnResult(attend.ExitCode, await written, await error).Expect(0).Json;

        Assert.Equal(Bits(alone[0]), Bits(mixed));
        Assert.InRange(mixed.GetProperty("workers").GetArrayLength(), 2, 3);
        string[] kernels = Kernel(mixed).Split(", ");
        Assert.Contains(least, kernels);
        Assert.Contains(kernels, kernel => kernel == best || kernel == second);

        // With all of them there from the start; and a path by name is for those that have it.
        Assert.Equal(Bits(alone[0]), Bits(Run([], "--server", _cluster.Gateway.Url)));
        JsonElement named = Run([], "--server", _cluster.Gateway.Url, "--kernel", second);
        Assert.Equal((Bits(alone[0]), second), (Bits(named), Kernel(named)));
        string missing = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "avx2" : "arm64";
        AttnResult refused = Attn.Run(_folder, [.. s_job, "--server", _cluster.Gateway.Url, "--kernel", missing]);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains($"no worker has the instructions of kernel {missing}", refused.Error, StringComparison.Ordinal);
        Assert.Contains("'fused' gives its bits on all of them", refused.Error, StringComparison.Ordinal);
    }

    private JsonElement Run((string Name, string Value)[] environment, params string[] arguments)
    {
        using Process attend = Attn.Start(_folder, environment, [.. s_job, .. arguments]);
        Task<string> written = attend.StandardOutput.ReadToEndAsync(), error = attend.StandardError.ReadToEndAsync();
        Assert.True(attend.WaitForExit(s_patience), "attn attend does not end");
        return new AttnResult(attend.ExitCode, written.Result, error.Result).Expect(0).Json;
    }

    private static (string?, string?, string?) Bits(JsonElement report) =>
        (report.GetProperty("bits").GetString(), report.GetProperty("output_sha256").GetString(),
            report.GetProperty("lse_sha256").GetString());

    private static string Kernel(JsonElement report) => report.GetProperty("kernel").GetString()!;
}
