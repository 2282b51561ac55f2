using System.Net;
using System.Net.Http.Headers;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>Tensors pass through, whatever their size. Alone, because allocations are counted for the whole process.</summary>
[Collection(nameof(MemoryTests))]
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTests
{
    /// <summary>Far more than all buffers on the way, and far less than the body: both ends of it are in this process.</summary>
    private const long AllocatedBytesMax = 40L << 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hundred_megabytes_and_more_go_to_the_disk_and_come_back_without_being_held_in_memory(bool isChunked)
    {
        await using ApiNode node = await ApiNode.StartAsync(new JobsOptions(), new ScriptedAttention { EndsAtOnce = true });
        await node.Client.EndOfAsync(await node.Client.SubmitAsync(JobBody.Of(new TensorShape(1, 1, 30, 8))));
        SafetensorsLayout layout = SafetensorsHeader.Build(
            [("q", ElementType.Float32, [300_000, 128]), ("k", ElementType.Float32, [16, 128]), ("v", ElementType.Float32, [16, 128])]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = new ZeroTensors(layout) };
        request.Headers.TransferEncodingChunked = isChunked;
        long before = GC.GetTotalAllocatedBytes(precise: true);

        using HttpResponseMessage answer = await node.Client.SendAsync(request).InTime();
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        string address = answer.Headers.Location!.OriginalString;
        await node.Client.EndOfAsync(address[(address.LastIndexOf('/') + 1)..]);
        await using (Stream result = await node.Client.GetStreamAsync($"{address}/result").InTime())
            await result.CopyToAsync(Stream.Null).InTime();

        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.True(allocated < AllocatedBytesMax,
            $"{layout.FileLength} bytes there and as many back took {allocated} bytes of managed memory");
    }

    private sealed class ZeroTensors : HttpContent
    {
        private readonly SafetensorsLayout _layout;

        public ZeroTensors(SafetensorsLayout layout)
        {
            _layout = layout;
            Headers.ContentType = new MediaTypeHeaderValue(JobBody.MediaType);
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_layout.Header);
            byte[] zeros = new byte[1 << 20];
            for (long left = _layout.FileLength - _layout.Header.Length; left > 0; left -= zeros.Length)
                await stream.WriteAsync(zeros.AsMemory(0, (int)Math.Min(left, zeros.Length)));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _layout.FileLength;
            return true;
        }
    }
}
