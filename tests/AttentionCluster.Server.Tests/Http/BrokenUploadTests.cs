using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>Bodies that never arrive whole: each leaves neither a file nor a taken place, of which there is one.</summary>
public sealed class BrokenUploadTests : IAsyncLifetime, IDisposable
{
    private static readonly JobBody Body = JobBody.Of(new TensorShape(1, 1, 2000, 64));

    private readonly ApiNode _node = new(
        new JobsOptions { JobsQueuedMax = 1, UploadGracePeriod = TimeSpan.FromSeconds(2) }, new ScriptedAttention { EndsAtOnce = true });

    public async Task InitializeAsync() => await _node.InitializeAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Theory]
    [InlineData(4)]         // in the header's length
    [InlineData(100)]       // in the header
    [InlineData(100_000)]   // in the tensors
    public async Task A_sender_that_breaks_off_leaves_nothing(int bytesSent)
    {
        foreach (bool isChunked in (bool[])[false, true])
        {
            using RawRequest raw = await RawRequest.ConnectAsync(_node);
            await raw.PostAsync("/v1/jobs", isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {Body.Bytes.Length}");
            await raw.WriteAsync(isChunked ? $"{bytesSent:x}\r\n" : "");
            await raw.WriteAsync(Body.Bytes.AsMemory(0, bytesSent));
            if (bytesSent > 1000)
                await Eventually.UntilAsync(() => _node.JobFolders.Length == 1);

            raw.Break();

            await AssertNothingIsLeftAsync();
        }
    }

    [Theory]
    [InlineData("zz\r\n")]
    [InlineData("-5\r\n")]
    [InlineData("fffffffffffffffffff\r\n")]
    public async Task A_chunk_that_is_none_is_a_bad_request(string chunk)
    {
        using RawRequest raw = await RawRequest.ConnectAsync(_node);
        await raw.PostAsync("/v1/jobs", "Transfer-Encoding: chunked");
        await raw.WriteAsync("12c\r\n");
        await raw.WriteAsync(Body.Bytes.AsMemory(0, 300));
        await raw.WriteAsync($"\r\n{chunk}");

        Assert.Equal(400, await raw.StatusAsync());
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_sender_that_falls_silent_is_broken_off()
    {
        using RawRequest raw = await RawRequest.ConnectAsync(_node);
        await raw.PostAsync("/v1/jobs", $"Content-Length: {Body.Bytes.Length}");
        await raw.WriteAsync(Body.Bytes.AsMemory(0, 1000));

        Assert.Equal(408, await raw.StatusAsync());
        await AssertNothingIsLeftAsync();
    }

    private async Task AssertNothingIsLeftAsync()
    {
        await Eventually.UntilAsync(() => _node.JobFolders.Length == 0);
        string id = await _node.SubmitWhenThereIsRoomAsync(Body);
        await _node.Client.EndOfAsync(id);
        (await _node.Client.DeleteAsync($"/v1/jobs/{id}")).Dispose();
    }
}
