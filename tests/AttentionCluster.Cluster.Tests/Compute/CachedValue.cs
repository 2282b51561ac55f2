namespace AttentionCluster.Cluster.Tests.Compute;

/// <summary>A value of a cache under test, and how its loading goes.</summary>
internal sealed class CachedValue(string name) : IDisposable
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _disposals;

    internal string Name => name;

    internal bool IsDisposed => Volatile.Read(ref _disposals) > 0;

    /// <summary>Completed when it is disposed.</summary>
    internal Task Disposed => _disposed.Task;

    public void Dispose()
    {
        Assert.Equal(1, Interlocked.Increment(ref _disposals));
        _disposed.SetResult();
    }
}
