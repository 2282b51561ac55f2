using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.DataPlane;

public abstract partial class DataPlaneContract
{
    [Theory]
    [InlineData(1, 64)]
    [InlineData(63, 64)]
    [InlineData(64, 64)]
    [InlineData(65, 64)]
    [InlineData(1, 1)]
    [InlineData(77, 1)]
    [InlineData(1_000_003, 4096)]
    public async Task A_payload_arrives_unchanged(int length, int chunkBytes)
    {
        await using DataPlaneUnderTest plane = await OpenAsync(chunkBytes);
        using NativeBuffer expected = Payload(length);
        using var received = new NativeBuffer(length);

        Claim claim = plane.Source.Publish("job", Payload(length));
        Assert.Equal(length, claim.Bytes);
        await plane.Destination.PullAsync(claim, received, CancellationToken.None);

        Assert.True(expected.Slice(0, length).SequenceEqual(received.Slice(0, length)));
    }

    [Fact]
    public async Task A_payload_is_freed_once_it_was_pulled()
    {
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        NativeBuffer payload = Payload(100);
        Claim claim = plane.Source.Publish("job", payload);
        using var received = new NativeBuffer(100);

        await plane.Destination.PullAsync(claim, received, CancellationToken.None);

        AssertIsFreed(payload);
        await Assert.ThrowsAsync<DataPlaneException>(() => plane.Destination.PullAsync(claim, received, CancellationToken.None));
    }

    [Fact]
    public async Task A_payload_can_be_withdrawn_from_either_end()
    {
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        NativeBuffer[] payloads = [Payload(100), Payload(100)];
        Claim[] claims = [.. payloads.Select(payload => plane.Source.Publish("job", payload))];

        plane.Source.Release(claims[0]);
        plane.Destination.Release(claims[1]);

        Assert.All(payloads, AssertIsFreed);
    }

    [Fact]
    public async Task An_unknown_or_withdrawn_claim_is_an_error()
    {
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        NativeBuffer payload = Payload(100);
        Claim claim = plane.Source.Publish("job", payload);
        using var received = new NativeBuffer(100);

        await Assert.ThrowsAsync<DataPlaneException>(() =>
            plane.Destination.PullAsync(claim with { Id = claim.Id + 1 }, received, CancellationToken.None));
        await Assert.ThrowsAsync<DataPlaneException>(() =>
            plane.Destination.PullAsync(claim with { Node = "nobody" }, received, CancellationToken.None));
        plane.Source.Release(claim);

        AssertIsFreed(payload);
        await Assert.ThrowsAsync<DataPlaneException>(() => plane.Destination.PullAsync(claim, received, CancellationToken.None));
        plane.Source.Release(claim);
    }

    [Theory]
    [InlineData(99)]
    [InlineData(101)]
    public async Task A_payload_of_another_length_than_expected_is_an_error_and_stays_offered(int expected)
    {
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        Claim claim = plane.Source.Publish("job", Payload(100));
        using var wrong = new NativeBuffer(expected);
        using var right = new NativeBuffer(100);

        await Assert.ThrowsAsync<DataPlaneException>(() => plane.Destination.PullAsync(claim, wrong, CancellationToken.None));
        await plane.Destination.PullAsync(claim, right, CancellationToken.None);
    }

    [Fact]
    public async Task A_payload_whose_bytes_have_changed_is_an_error()
    {
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        NativeBuffer payload = Payload(1000);
        Claim claim = plane.Source.Publish("job", payload);
        payload.Slice(777, 1)[0] ^= 0x10;
        using var received = new NativeBuffer(1000);

        await Assert.ThrowsAsync<DataPlaneException>(() => plane.Destination.PullAsync(claim, received, CancellationToken.None));
        AssertIsFreed(payload);
    }

    [Fact]
    public async Task A_cancelled_pull_leaves_the_payload_where_it_is()
    {
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        Claim claim = plane.Source.Publish("job", Payload(1000));
        using var received = new NativeBuffer(1000);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            plane.Destination.PullAsync(claim, received, new CancellationToken(canceled: true)));
        await plane.Destination.PullAsync(claim, received, CancellationToken.None);
    }

    [Fact]
    public async Task The_end_of_a_job_frees_what_it_offers_and_nothing_else()
    {
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        NativeBuffer[] ended = [Payload(10), Payload(20)];
        Claim[] claims = [.. ended.Select(payload => plane.Source.Publish("ended", payload))];
        Claim other = plane.Source.Publish("other", Payload(10));
        using var received = new NativeBuffer(10);

        plane.Source.ReleaseAll("ended");

        Assert.All(ended, AssertIsFreed);
        await Assert.ThrowsAsync<DataPlaneException>(() => plane.Destination.PullAsync(claims[0], received, CancellationToken.None));
        await plane.Destination.PullAsync(other, received, CancellationToken.None);
    }

    [Fact]
    public async Task Payloads_may_be_pulled_side_by_side_each_by_one_caller()
    {
        const int payloads = 50, length = 10_001;
        await using DataPlaneUnderTest plane = await OpenAsync(64);
        Claim[] claims = [.. Enumerable.Range(0, payloads).Select(seed => plane.Source.Publish("job", Payload(length, seed)))];

        bool[] delivered = await Task.WhenAll(claims.Concat(claims).Select((claim, i) => Task.Run(async () =>
        {
            using NativeBuffer expected = Payload(length, i % payloads);
            using var received = new NativeBuffer(length);
            Exception? error = await Record.ExceptionAsync(() => plane.Destination.PullAsync(claim, received, CancellationToken.None));
            Assert.True(error is null or DataPlaneException, $"{error}");
            return error is null && expected.Slice(0, length).SequenceEqual(received.Slice(0, length));
        }))).InTime();

        Assert.Equal(payloads, delivered.Count(received => received));
    }

    private static NativeBuffer Payload(int length, int seed = 1)
    {
        var payload = new NativeBuffer(length);
        new Random(seed).NextBytes(payload.Slice(0, length));
        return payload;
    }

    /// <summary>At another node that takes a moment longer than the pull.</summary>
    private static void AssertIsFreed(NativeBuffer payload) =>
        Assert.True(SpinWait.SpinUntil(() => IsFreed(payload), Patience.Limit));

    private static unsafe bool IsFreed(NativeBuffer payload) =>
        Record.Exception(() => _ = payload.Pointer == null) is ObjectDisposedException;
}
