using AttentionCluster.Cluster.Compute;

namespace AttentionCluster.Cluster.Tests.Compute;

public sealed class LeasedCacheStressTests
{
    private const int BytesMax = 100;

    /// <summary>Tasks side by side that take, drop, fail and give up as their seeds say.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    public async Task No_value_is_used_after_it_was_freed_and_every_byte_comes_back(int seed, bool keepUnused)
    {
        var cache = new LeasedCache<int, CachedValue>(BytesMax, keepUnused);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(user => Task.Run(() => UseAsync(cache, new Random((100 * seed) + user))))).InTime();
        cache.Dispose();

        // Loads that were given up may still be ending.
        Assert.True(SpinWait.SpinUntil(() => cache.Bytes == 0, Patience.Limit), $"{cache.Bytes} bytes are left");
    }

    private static async Task UseAsync(LeasedCache<int, CachedValue> cache, Random random)
    {
        for (int i = 0; i < 300; i++)
        {
            int key = random.Next(12);
            int fate = random.Next(20);
            using var givingUp = new CancellationTokenSource();
            Task<LeasedCache<int, CachedValue>.Lease> asked = cache.AcquireAsync(key, 10 + (3 * key), token => LoadAsync(key, fate, token), givingUp.Token);
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

    private static async Task<CachedValue> LoadAsync(int key, int fate, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        return fate == 2 ? throw new InvalidCastException() : new CachedValue($"{key}");
    }
}
