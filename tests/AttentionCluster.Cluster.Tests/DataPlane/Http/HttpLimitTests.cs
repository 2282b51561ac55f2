using System.Net;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>A node serves so much at a time, and nobody holds it up.</summary>
public sealed class HttpLimitTests : IDisposable
{
    /// <summary>More than all the buffers between two processes hold.</summary>
    private const int MoreThanBuffers = 64 << 20;

    private readonly SignedRequest _reader = new();

    [Fact]
    public async Task A_reader_that_reads_nothing_is_cut_off_and_the_payload_goes_to_the_next()
    {
        await using HttpNode source = await HttpNode.StartAsync("ann", options => options with { StallTimeout = TimeSpan.FromSeconds(2) });
        await using HttpNode destination = await HttpNode.StartAsync("bob", chunkBytes: 1 << 20);
        Claim claim = source.Publish(MoreThanBuffers);
        using HttpResponseMessage unread = await _reader.GetAsync(source.Address, DataPlaneRoutes.ToPayload(claim));
        Assert.Equal(HttpStatusCode.OK, unread.StatusCode);

        byte[] received = await destination.PullAsync(claim);

        Assert.Equal(HttpNode.Bytes(MoreThanBuffers), received);
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await using Stream body = await unread.Content.ReadAsStreamAsync();
            await body.CopyToAsync(Stream.Null).InTime();
        });
    }

    [Fact]
    public async Task More_transfers_than_a_node_serves_are_told_so_and_come_back()
    {
        await using HttpNode source =
            await HttpNode.StartAsync("ann", options => options with { ServedMax = 1, StallTimeout = Patience.Limit });
        await using HttpNode patient = await HttpNode.StartAsync("bob");
        await using HttpNode impatient = await HttpNode.StartAsync("cat", options => options with { BusyRetriesMax = 1 });
        Claim small = source.Publish(1000);
        HttpResponseMessage unread = await _reader.GetAsync(source.Address, DataPlaneRoutes.ToPayload(source.Publish(MoreThanBuffers)));

        using HttpResponseMessage refused = await _reader.GetAsync(source.Address, DataPlaneRoutes.ToPayload(small));
        DataPlaneException error = await impatient.PullFailsAsync(small);
        Task<byte[]> waiting = patient.PullAsync(small);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Matches("node ann at .*: busy: it serves 1 transfers already", error.Message);
        Assert.False(waiting.IsCompleted);
        unread.Dispose();
        Assert.Equal(HttpNode.Bytes(1000), await waiting);
    }

    [Fact]
    public async Task A_node_pulls_so_many_at_a_time_and_the_others_wait()
    {
        await using HttpNode source = await HttpNode.StartAsync("ann");
        await using HttpNode destination =
            await HttpNode.StartAsync("bob", options => options with { PulledMax = 1, StallTimeout = Patience.Limit });
        await using HttpNode other = await HttpNode.StartAsync("cat");
        await using var link = new FaultyLink(source.Address, LinkFault.FallsSilent, afterBytes: 50_000);
        using var cancellation = new CancellationTokenSource();

        Task<byte[]> first = destination.PullAsync(source.Publish(100_000) with { Address = link.Address }, cancellation.Token);
        await link.Struck.InTime();
        Task<byte[]> second = destination.PullAsync(source.Publish(1000));
        await other.PullAsync(source.Publish(1_000_000));
        Assert.False(second.IsCompleted);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(HttpNode.Bytes(1000), await second);
    }

    [Theory]
    [InlineData(3000, 10, HttpStatusCode.RequestUriTooLong)]
    [InlineData(10, 9000, HttpStatusCode.RequestHeaderFieldsTooLarge)]
    public async Task A_request_larger_than_nodes_make_is_refused(int targetLength, int headerLength, HttpStatusCode expected)
    {
        await using HttpNode source = await HttpNode.StartAsync("ann");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{source.Address}/{new string('a', targetLength)}");
        request.Headers.Add("x", new string('a', headerLength));

        using HttpResponseMessage answer = await http.SendAsync(request).InTime();

        Assert.Equal(expected, answer.StatusCode);
    }

    public void Dispose() => _reader.Dispose();
}
