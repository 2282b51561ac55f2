namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>
/// Cancels a transfer whose other end is too slow, or that its caller has cancelled. Time counts only while something is expected.
/// </summary>
internal sealed class TransferGuard : IDisposable
{
    private readonly DataPlaneOptions _options;
    private readonly CancellationTokenSource _late;
    private readonly CancellationTokenSource _either;

    internal TransferGuard(DataPlaneOptions options, TimeProvider clock, CancellationToken caller)
    {
        _options = options;
        _late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        _either = CancellationTokenSource.CreateLinkedTokenSource(caller, _late.Token);
        Caller = caller;
    }

    /// <summary>What the caller has given.</summary>
    internal CancellationToken Caller { get; }

    internal CancellationToken Token => _either.Token;

    internal bool IsLate => _late.IsCancellationRequested;

    /// <summary>Gives the other end its time for so many bytes.</summary>
    internal void Expect(long bytes) =>
        _late.CancelAfter(_options.StallTimeout + TimeSpan.FromSeconds((double)bytes / _options.BytesPerSecondMin));

    /// <summary>It has come; nothing is expected now.</summary>
    internal void Rest() => _late.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _either.Dispose();
        _late.Dispose();
    }
}
