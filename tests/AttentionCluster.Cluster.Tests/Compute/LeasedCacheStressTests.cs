using System.Collections.Concurrent;
using AttentionCluster.Cluster.Compute;

namespace AttentionCluster.Cluster.Tests.Compute;

public sealed class LeasedCacheStressTests
{
    private const int BytesMax = 100;

    private readonly ConcurrentBag<CachedValue> _loaded = [];

    /// <summary>Tasks side by side that take, drop, fail and give up as their seeds say.</summary>
    [Theory]
    [InlineData(1, true, false)]
    [InlineData(2, true, true)]
    [InlineData(3, false, false)]
    [InlineData(4, false, true)]
    public async Task No_value_is_used_after_it_was_freed_and_every_one_is_freed_once(int seed, bool keepUnused, bool keepSpares)
    {
        var cache = new LeasedCache<int, CachedValue>(BytesMax, keepUnused, keepSpares);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(user => Task.Run(() => UseAsync(cache, new Random((100 * seed) + user)))))
            .InTime();
        cache.Dispose();

        // Loads that were given up may still be ending.
        Assert.True(SpinWait.SpinUntil(() => cache.Bytes == 0, Patience.Limit), $"{cache.Bytes} bytes are left");
        Assert.True(SpinWait.SpinUntil(() => _loaded.All(value => value.IsDisposed), Patience.Limit), "not every value was freed");
    }

    private async Task UseAsync(LeasedCache<int, CachedValue> cache, Random random)
    {
        for (int i = 0; i < 300; i++)
        {
            int key = random.Next(12);
            int fate = random.Next(20);
            using var givingUp = new CancellationTokenSource();
            Task<LeasedCache<int, CachedValue>.Lease> asked =
                cache.AcquireAsync(key, 10 + (3 * key), (spare, token) => LoadAsync(key, fate, spare, token), givingUp.Token);
            if (fate == 0)
                await givingUp.CancelAsync();
            try
            {
                using LeasedCache<int, CachedValue>.Lease lease = await asked;
                if (fate == 1)
                    cache.Drop(key);
                Assert.InRange(cache.Bytes, 1, BytesMax);
                await Task.Yield();
                Assert.False(lease.Value.IsDisposed);
                Assert.Equal($"{key}", lease.Value.Name);
            }
            catch (Exception e) when (e is InvalidCastException or OperationCanceledException)
            {
                // Loads fail and waits are given up here.
            }
        }
    }

    private async Task<CachedValue> LoadAsync(int key, int fate, CachedValue? spare, CancellationToken cancellationToken)
    {
        spare?.Dispose();
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        if (fate == 2)
            throw new InvalidCastException();
        var value = new CachedValue($"{key}");
        _loaded.Add(value);
        return value;
    }
}
