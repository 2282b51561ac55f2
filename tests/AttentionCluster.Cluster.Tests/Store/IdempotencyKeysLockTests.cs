using AttentionCluster.Cluster.Store;
using Microsoft.Extensions.Time.Testing;

namespace AttentionCluster.Cluster.Tests.Store;

/// <summary>The lock of the idempotency keys while another gateway holds it.</summary>
public sealed class IdempotencyKeysLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly TensorStore _store;
    private readonly JobFolders _jobs;
    private readonly FileStream _held;

    public IdempotencyKeysLockTests()
    {
        _store = new TensorStore(_folder.Path);
        _jobs = JobFolders.Open(_store, _clock);
        _held = LockFile.Take(Path.Combine(_folder.Path, "keys", "lock"), TimeProvider.System);
    }

    public void Dispose()
    {
        _held.Dispose();
        _jobs.Dispose();
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_gateway_that_stopped_while_it_held_the_lock_is_waited_for_5_seconds_and_no_longer()
    {
        Task<KeyClaim> claim = Task.Run(() => _jobs.Keys.Claim("key", _jobs.NewId()));
        AdvanceWhile(() => _clock.GetUtcNow() < _clock.Start + TimeSpan.FromSeconds(4.9));
        Assert.False(claim.IsCompleted);

        AdvanceWhile(() => !claim.IsCompleted);

        IOException problem = await Assert.ThrowsAsync<IOException>(() => claim.InTime());
        Assert.True(IdempotencyKeys.IsHeldElsewhere(problem));
        Assert.InRange(_clock.GetUtcNow() - _clock.Start, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_key_is_taken_as_soon_as_the_other_gateway_lets_go_of_the_lock()
    {
        Task<KeyClaim> claim = Task.Run(() => _jobs.Keys.Claim("key", _jobs.NewId()));
        AdvanceWhile(() => _clock.GetUtcNow() < _clock.Start + TimeSpan.FromSeconds(1));

        _held.Dispose();
        AdvanceWhile(() => !claim.IsCompleted);

        Assert.True((await claim).IsTaken);
        Assert.InRange(_clock.GetUtcNow() - _clock.Start, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
    }

    /// <summary>In steps that are as long as what the lock waits between two tries, so that it tries all the time.</summary>
    private void AdvanceWhile(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(
        () =>
        {
            if (!condition())
                return true;
            _clock.Advance(TimeSpan.FromMilliseconds(2));
            return false;
        },
        Patience.Limit));
}
