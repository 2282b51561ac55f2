using System.Diagnostics;
using System.Text.Json;
using AttentionCluster.Client;
using AttentionCluster.Core.Tensors;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>A gateway that dies while a result is downloaded, and is started anew: the download goes on where it was.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class ResumedDownloadTests : IAsyncLifetime, IDisposable
{
    /// <summary>A result of 32 MiB, more than what buffers on the way hold, that takes little to compute.</summary>
    private const int Rows = 16384, Keys = 64, Width = 512;

    private const long ResultBytes = (long)Rows * Width * sizeof(float);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private ServeProcess _gateway = null!;

    public async Task InitializeAsync() => await StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_client_appends_to_what_it_has()
    {
        var url = new Uri(_gateway.Url);
        await using var relay = new Relay(url, ResultBytes / 2);
        using var client = new AttentionClient(new Uri(relay.Url));
        string id = await client.SubmitAsync(
        [
            TensorInput.Random("q", new TensorShape(1, 1, Rows, Width), 1),
            TensorInput.Random("k", new TensorShape(1, 1, Keys, Width), 1),
            TensorInput.Random("v", new TensorShape(1, 1, Keys, Width), 1),
        ]);
        await client.WaitAsync(id);

        // One that can't be rewound: it takes a byte that was sent before for a fault.
        await using var destination = new AppendedFile(_folder.File("result"));
        Task<long> download = client.DownloadResultAsync(id, destination);
        await relay.Held.WaitAsync(s_patience);
        await StartAnewAsync();
        relay.Release();

        Assert.InRange(await download.WaitAsync(s_patience), ResultBytes, ResultBytes + (1 << 20));
        await AssertIsResultAsync(id, "result");
    }

    [Fact]
    public async Task Attend_writes_the_file_as_if_nothing_had_happened()
    {
        await using var relay = new Relay(new Uri(_gateway.Url), ResultBytes / 2);
        using Process attend = Attn.Start(
            _folder, [], "attend", "--random", $"1,1,{Rows}:{Keys},{Width}", "-o", "out.safetensors", "--json", "--server", relay.Url);
        Task<string> written = attend.StandardOutput.ReadToEndAsync();
        Task<string> error = attend.StandardError.ReadToEndAsync();
        await relay.Held.WaitAsync(s_patience);
        await StartAnewAsync();
        relay.Release();
        await attend.WaitForExitAsync().WaitAsync(s_patience);

        JsonElement report = new AttnResult(attend.ExitCode, await written, await error).Expect(0).Json;
        await AssertIsResultAsync(report.GetProperty("id").GetString()!, "out.safetensors");
        Assert.InRange(relay.Answered, ResultBytes, ResultBytes * 5 / 4);
    }

    private async Task AssertIsResultAsync(string id, string file)
    {
        byte[] result = await _gateway.Http.GetByteArrayAsync($"/v1/jobs/{id}/result");
        byte[] found = await File.ReadAllBytesAsync(_folder.File(file));
        Assert.True(result.AsSpan().SequenceEqual(found), "the file is not the result");
    }

    private async Task StartAnewAsync()
    {
        (string url, string cluster) = (_gateway.Url, await _gateway.ClusterAddressAsync());
        _gateway.Kill();
        await _gateway.DisposeAsync();
        await StartAsync("--urls", url, "--cluster", cluster);
    }

    private async Task StartAsync(params string[] addresses)
    {
        _gateway = ServeProcess.Start(_folder, [], ["--threads", "1", .. addresses]);
        await _gateway.WaitForReadyAsync();
    }

    private sealed class AppendedFile(string path) : FileStream(path, FileMode.CreateNew, FileAccess.Write)
    {
        public override bool CanSeek => false;
    }
}
