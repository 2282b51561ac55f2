namespace AttentionCluster.Cluster.DataPlane;

/// <summary>The right to offer so many bytes; disposed, what was not used of it is free for others.</summary>
public sealed class OfferRoom : IDisposable
{
    private readonly OfferedBytes _offered;
    private long _bytes;

    internal OfferRoom(OfferedBytes offered, long bytes) => (_offered, _bytes) = (offered, bytes);

    /// <inheritdoc/>
    public void Dispose() => _offered.Release(this);

    /// <summary>Uses it up; called under the lock of <see cref="OfferedBytes"/>.</summary>
    /// <returns>The bytes; 0 when it was used before.</returns>
    internal long Take()
    {
        long bytes = _bytes;
        _bytes = 0;
        return bytes;
    }
}
