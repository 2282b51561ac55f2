using AttentionCluster.Cluster.Compute;

namespace AttentionCluster.Cluster.Tests.Compute;

using Lease = LeasedCache<string, CachedValue>.Lease;

public sealed class LeasedCacheTests : IDisposable
{
    private readonly LeasedCache<string, CachedValue> _cache = new(bytesMax: 100, keepUnused: true);
    private int _loads;

    [Fact]
    public async Task Many_who_ask_at_once_share_one_load()
    {
        var loading = new TaskCompletionSource<CachedValue>();
        Task<Lease>[] asked = [.. Enumerable.Range(0, 10).Select(_ => Acquire("a", 60, load: _ => loading.Task))];

        loading.SetResult(new CachedValue("a"));
        Lease[] leases = await Task.WhenAll(asked).InTime();

        Assert.Equal(1, _loads);
        Assert.Single(leases.Select(lease => lease.Value).Distinct());
        Assert.Equal(60, _cache.Bytes);
    }

    [Fact]
    public async Task An_unused_value_stays_for_the_next_who_asks()
    {
        CachedValue value = await UseAsync("a", 60);

        using Lease again = await Acquire("a", 60).InTime();

        Assert.Same(value, again.Value);
        Assert.Equal(1, _loads);
    }

    [Fact]
    public async Task The_least_recently_used_value_leaves_when_its_room_is_needed()
    {
        CachedValue a = await UseAsync("a", 40);
        CachedValue b = await UseAsync("b", 40);
        await UseAsync("a", 40);

        using Lease c = await Acquire("c", 40).InTime();

        Assert.True(b.IsDisposed);
        Assert.False(a.IsDisposed);
        Assert.Equal(80, _cache.Bytes);
    }

    [Fact]
    public async Task A_value_in_use_is_never_evicted_and_others_wait_for_its_room()
    {
        Lease a = await Acquire("a", 60).InTime();
        Task<Lease> b = Acquire("b", 60);
        Assert.False(b.IsCompleted);
        Assert.False(a.Value.IsDisposed);

        a.Dispose();
        using Lease got = await b.InTime();

        Assert.True(a.Value.IsDisposed);
        Assert.Equal(60, _cache.Bytes);
    }

    [Fact]
    public async Task A_lease_ends_once_however_often_it_is_disposed()
    {
        Lease first = await Acquire("a", 60).InTime();
        using Lease second = await Acquire("a", 60).InTime();

        first.Dispose();
        first.Dispose();
        Task<Lease> other = Acquire("b", 60);

        Assert.False(other.IsCompleted);
        Assert.False(second.Value.IsDisposed);
    }

    [Fact]
    public async Task Who_gives_up_waiting_for_room_takes_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        Lease a = await Acquire("a", 60).InTime();
        Task<Lease> b = Acquire("b", 60, cancellationToken: cancellation.Token);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => b.InTime());
        a.Dispose();

        Assert.Equal(1, _loads);
    }

    [Fact]
    public async Task Room_is_given_in_the_order_of_asking_and_who_gives_up_holds_nobody_up()
    {
        using var cancellation = new CancellationTokenSource();
        Lease a = await Acquire("a", 60).InTime();
        using Lease b = await Acquire("b", 30).InTime();
        Task<Lease> large = Acquire("large", 70), larger = Acquire("larger", 100, cancellationToken: cancellation.Token), small =
            Acquire("small", 10);
        Assert.False(large.IsCompleted || larger.IsCompleted || small.IsCompleted);

        a.Dispose();
        using Lease served = await large.InTime();
        Assert.Equal(100, _cache.Bytes);
        served.Dispose();
        Assert.False(larger.IsCompleted || small.IsCompleted);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => larger.InTime());
        using Lease last = await small.InTime();
        Assert.Equal(4, _loads);
    }

    [Fact]
    public async Task Who_waits_for_room_for_the_same_value_shares_one_load_though_the_first_gives_up()
    {
        using var cancellation = new CancellationTokenSource();
        Lease a = await Acquire("a", 60).InTime();
        Task<Lease>[] asked = [Acquire("b", 60, cancellationToken: cancellation.Token), Acquire("b", 60), Acquire("b", 60)];

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked[0].InTime());
        a.Dispose();
        using Lease second = await asked[1].InTime(), third = await asked[2].InTime();

        Assert.Same(second.Value, third.Value);
        Assert.Equal(2, _loads);
        Assert.Equal(60, _cache.Bytes);
    }

    [Fact]
    public async Task The_memory_of_a_value_that_leaves_goes_to_the_one_that_waits_for_as_many_bytes()
    {
        using var cache = new LeasedCache<string, CachedValue>(bytesMax: 100, keepUnused: true, keepSpares: true);
        CachedValue? spare = null;
        Lease a = await cache.AcquireAsync("a", 60, (_, _) => Task.FromResult(new CachedValue("a")), default).InTime();
        Task<Lease> waits = cache.AcquireAsync(
            "b", 60,
            (given, _) =>
            {
                spare = given;
                return Task.FromResult(new CachedValue("b"));
            },
            default);

        cache.Drop("a");
        a.Dispose();
        using Lease b = await waits.InTime();

        Assert.Same(a.Value, spare);
        Assert.False(a.Value.IsDisposed);
    }

    [Fact]
    public async Task No_spare_outlives_the_last_value_when_that_could_not_be_loaded()
    {
        using var cache = new LeasedCache<string, CachedValue>(bytesMax: 100, keepUnused: true, keepSpares: true);
        var loading = new TaskCompletionSource<CachedValue>();
        Lease a = await cache.AcquireAsync("a", 60, (_, _) => Task.FromResult(new CachedValue("a")), default).InTime();
        Task<Lease> fails = cache.AcquireAsync("b", 30, (_, _) => loading.Task, default);
        cache.Drop("a");
        a.Dispose();
        Assert.False(a.Value.IsDisposed);

        loading.SetException(new InvalidCastException());

        await Assert.ThrowsAsync<InvalidCastException>(() => fails.InTime());
        Assert.True(a.Value.IsDisposed);
    }

    [Fact]
    public async Task A_value_larger_than_the_cache_is_an_error() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Acquire("a", 101));

    [Fact]
    public async Task A_failed_load_fails_those_who_wait_and_is_tried_again_by_the_next()
    {
        var loading = new TaskCompletionSource<CachedValue>();
        Task<Lease>[] asked = [Acquire("a", 60, load: _ => loading.Task), Acquire("a", 60)];
        loading.SetException(new InvalidCastException());
        foreach (Task<Lease> waiting in asked)
            await Assert.ThrowsAsync<InvalidCastException>(() => waiting.InTime());

        Assert.Equal(0, _cache.Bytes);
        using Lease next = await Acquire("a", 60).InTime();
        Assert.Equal(2, _loads);
    }

    [Fact]
    public async Task A_load_goes_on_while_one_still_waits_and_is_cancelled_when_nobody_does()
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var loadCancelled = new TaskCompletionSource();
        var loading = new TaskCompletionSource<CachedValue>();
        Task<CachedValue> Load(CancellationToken token)
        {
            token.Register(loadCancelled.SetResult);
            return loading.Task;
        }

        Task<Lease>[] asked = [Acquire("a", 60, Load, first.Token), Acquire("a", 60, Load, second.Token)];
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked[0].InTime());
        Assert.False(loadCancelled.Task.IsCompleted);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked[1].InTime());
        await loadCancelled.Task.InTime();

        // It takes its room until it has really ended; what it still loads is freed.
        Assert.Equal(60, _cache.Bytes);
        var late = new CachedValue("a");
        loading.SetResult(late);
        await late.Disposed.InTime();
        Assert.Equal(0, _cache.Bytes);
    }

    [Fact]
    public async Task A_dropped_value_leaves_with_its_last_lease_and_is_loaded_anew()
    {
        Lease old = await Acquire("a", 40).InTime();
        _cache.Drop("a");
        Assert.False(old.Value.IsDisposed);

        using Lease young = await Acquire("a", 40).InTime();
        Assert.NotSame(old.Value, young.Value);
        Assert.Equal(80, _cache.Bytes);
        old.Dispose();

        Assert.True(old.Value.IsDisposed);
        Assert.False(young.Value.IsDisposed);
        Assert.Equal(40, _cache.Bytes);
    }

    [Fact]
    public async Task A_dropped_value_that_nobody_uses_leaves_at_once()
    {
        CachedValue value = await UseAsync("a", 40);

        _cache.Drop("a");
        _cache.Drop("never heard of");

        Assert.True(value.IsDisposed);
        Assert.Equal(0, _cache.Bytes);
    }

    [Fact]
    public async Task A_cache_that_keeps_nothing_unused_frees_with_the_last_lease()
    {
        using var cache = new LeasedCache<string, CachedValue>(bytesMax: 100, keepUnused: false);
        Lease first = await cache.AcquireAsync("a", 40, (_, _) => Task.FromResult(new CachedValue("a")), default).InTime();
        Lease second = await cache.AcquireAsync("a", 40, (_, _) => Task.FromResult(new CachedValue("a")), default).InTime();

        first.Dispose();
        Assert.False(second.Value.IsDisposed);
        second.Dispose();

        Assert.True(second.Value.IsDisposed);
        Assert.Equal(0, cache.Bytes);
    }

    [Fact]
    public async Task What_has_left_is_kept_for_the_next_value_of_as_many_bytes_within_the_limit_and_ends_with_the_last_value()
    {
        using var cache = new LeasedCache<string, CachedValue>(bytesMax: 100, keepUnused: true, keepSpares: true);
        var spares = new List<CachedValue?>();
        CachedValue first = await UseAsync("first", 30), second = await UseAsync("second", 40);
        await UseAsync("stays", 10);

        cache.Drop("first");
        cache.Drop("second");
        Assert.False(first.IsDisposed || second.IsDisposed);
        Assert.Equal(10, cache.Bytes);

        await UseAsync("third", 40);
        Assert.Same(second, spares[^1]);
        await UseAsync("large", 50);
        Assert.Null(spares[^1]);
        Assert.True(first.IsDisposed);
        Assert.Equal(100, cache.Bytes);

        await UseAsync("evicts", 10);
        Assert.Equal("stays", spares[^1]?.Name);
        cache.DropAll(key => key is not "evicts");
        CachedValue last = await UseAsync("evicts", 10);
        Assert.False(last.IsDisposed);
        cache.Drop("evicts");
        Assert.True(last.IsDisposed);
        Assert.Equal(0, cache.Bytes);

        async Task<CachedValue> UseAsync(string key, long bytes)
        {
            using Lease lease = await cache.AcquireAsync(
                key, bytes,
                (spare, _) =>
                {
                    spares.Add(spare);
                    return Task.FromResult(new CachedValue(key));
                },
                default).InTime();
            return lease.Value;
        }
    }

    public void Dispose() => _cache.Dispose();

    private Task<Lease> Acquire(
        string key, long bytes, Func<CancellationToken, Task<CachedValue>>? load = null, CancellationToken cancellationToken = default) =>
        _cache.AcquireAsync(
            key, bytes,
            (_, token) =>
            {
                Interlocked.Increment(ref _loads);
                return load is null ? Task.FromResult(new CachedValue(key)) : load(token);
            },
            cancellationToken);

    private async Task<CachedValue> UseAsync(string key, long bytes)
    {
        using Lease lease = await Acquire(key, bytes).InTime();
        return lease.Value;
    }
}
