using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Core.Tensors;
using Microsoft.Extensions.Time.Testing;

namespace AttentionCluster.Cluster.Tests.DataPlane;

/// <summary>When offered payloads leave, and that none leaves while it is being read.</summary>
public sealed class OfferedBytesTests : IDisposable
{
    private const int BytesMax = 1000;
    private static readonly TimeSpan AgeMax = TimeSpan.FromMinutes(10);

    private readonly FakeTimeProvider _clock = new();
    private readonly PublishedPayloads _published;

    public OfferedBytesTests() => _published = new PublishedPayloads("node", BytesMax, AgeMax, _clock, lastId: 41);

    [Fact]
    public void A_claim_names_its_node_and_never_the_same_bytes_again()
    {
        Claim[] claims = [Add(10), Add(10)];

        Assert.Equal([("node", "node:1", 42UL, 10L), ("node", "node:1", 43UL, 10L)],
            claims.Select(claim => (claim.Node, claim.Address, claim.Id, claim.Bytes)));
        Assert.Equal(20, _published.Bytes);
    }

    [Fact]
    public void A_payload_has_one_reader_at_a_time()
    {
        Claim claim = Add(10);

        using (PublishedRead read = Read(claim))
        {
            Assert.False(_published.TryRead(claim.Id, out _, out bool isBusy));
            Assert.True(isBusy);
        }

        Read(claim).Dispose();
    }

    [Fact]
    public void A_payload_that_is_withdrawn_while_it_is_read_stays_for_the_reader_and_for_nobody_else()
    {
        Claim claim = Add(10);
        PublishedRead read = Read(claim);

        Assert.True(_published.Release(claim.Id));

        Assert.Equal(10, read.Bytes.Slice(0, 10).Length);
        Assert.False(_published.TryRead(claim.Id, out _, out bool isBusy) || isBusy);
        Assert.False(_published.Release(claim.Id));
        Assert.Equal(10, _published.Bytes);
        read.Dispose();
        Assert.Equal(0, _published.Bytes);
        read.Dispose();
        Assert.Equal(0, _published.Bytes);
    }

    [Fact]
    public void The_end_of_a_job_is_not_undone_by_a_reader_that_fails_after_it()
    {
        Claim claim = Add(10);

        using (Read(claim))
            _published.ReleaseAll("job");

        Assert.Equal(0, _published.Bytes);
        Assert.False(_published.TryRead(claim.Id, out _, out bool isBusy) || isBusy);
    }

    [Fact]
    public void What_nobody_pulls_is_freed_when_it_is_too_old()
    {
        Add(10);
        _clock.Advance(AgeMax / 2);
        Claim young = Add(20);
        PublishedRead read = Read(Add(30));

        _clock.Advance(AgeMax / 2);
        Assert.Equal(50, _published.Bytes);
        Read(young).Dispose();

        _clock.Advance(AgeMax);
        Assert.Equal(30, _published.Bytes);
        read.Dispose();
        Assert.Equal(0, _published.Bytes);
    }

    [Fact]
    public async Task Who_wants_to_offer_more_than_there_is_room_for_waits_until_others_leave()
    {
        Claim first = Add(600);
        Task<ByteLease> waits = _published.ReserveAsync(500, default);
        Task<ByteLease> later = _published.ReserveAsync(100, default);
        Assert.False(waits.IsCompleted || later.IsCompleted);
        Assert.Throws<DataPlaneException>(() => Add(500));

        _published.Release(first.Id);

        using ByteLease room = await waits.InTime();
        using ByteLease small = await later.InTime();
        Claim added = _published.Add("job", new NativeBuffer(500), "node:1", room);
        Assert.Equal(500, _published.Bytes);
        Read(added).Dispose();
        Assert.Throws<DataPlaneException>(() => Add(401));
        small.Dispose();
        Add(401);
    }

    [Fact]
    public async Task Who_gives_up_waiting_holds_nobody_up_and_keeps_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        Add(600);
        Task<ByteLease> large = _published.ReserveAsync(500, cancellation.Token);
        Task<ByteLease> small = _published.ReserveAsync(400, default);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large.InTime());
        (await small.InTime()).Dispose();
        Add(400);
    }

    [Fact]
    public async Task What_a_payload_leaves_of_the_room_that_was_reserved_for_it_is_for_others()
    {
        using ByteLease room = await _published.ReserveAsync(700, default).InTime();
        Task<ByteLease> waits = _published.ReserveAsync(600, default);
        Assert.False(waits.IsCompleted);

        _published.Add("job", new NativeBuffer(400), "node:1", room);

        using ByteLease other = await waits.InTime();
        Assert.Throws<DataPlaneException>(() => Add(1));
    }

    [Fact]
    public async Task A_payload_larger_than_the_room_that_was_reserved_for_it_takes_more_or_is_refused()
    {
        using ByteLease room = await _published.ReserveAsync(100, default).InTime();
        Claim larger = _published.Add("job", new NativeBuffer(300), "node:1", room);
        using ByteLease small = await _published.ReserveAsync(100, default).InTime();

        Assert.Throws<DataPlaneException>(() => _published.Add("job", new NativeBuffer(701), "node:1", small));

        Assert.Equal(300, _published.Bytes);
        small.Dispose();
        _published.Release(larger.Id);
        Add(BytesMax);
    }

    [Fact]
    public async Task What_can_never_be_offered_is_not_waited_for()
    {
        DataPlaneException error =
            await Assert.ThrowsAsync<DataPlaneException>(() => _published.ReserveAsync(BytesMax + 1, default).InTime());

        Assert.Equal("node node can't offer 1001 bytes: its limit is 1000", error.Message);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public unsafe void More_than_the_limit_is_refused_and_freed()
    {
        Claim waiting = Add(600);
        var payload = new NativeBuffer(401);

        DataPlaneException error = Assert.Throws<DataPlaneException>(() => _published.Add("job", payload, "node:1", room: null));

        Assert.Contains("can't offer 401 bytes more: 600 are offered or about to be, and its limit is 1000", error.Message,
            StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => { _ = payload.Pointer == null; });
        Assert.Equal(600, _published.Bytes);
        Read(waiting).Dispose();
    }

    [Fact]
    public void At_the_end_all_goes_and_what_is_being_read_when_its_reader_ends()
    {
        Add(10);
        PublishedRead read = Read(Add(20));

        _published.Dispose();

        Assert.Equal(20, _published.Bytes);
        read.Dispose();
        Assert.Equal(0, _published.Bytes);
    }

    public void Dispose() => _published.Dispose();

    private Claim Add(int bytes) => _published.Add("job", new NativeBuffer(bytes), "node:1", room: null);

    private PublishedRead Read(Claim claim)
    {
        Assert.True(_published.TryRead(claim.Id, out PublishedRead? read, out bool isBusy));
        Assert.False(isBusy);
        return read;
    }
}
