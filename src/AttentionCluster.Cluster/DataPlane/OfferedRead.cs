using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>The right to read an offered payload until it is disposed.</summary>
public sealed class OfferedRead : IDisposable
{
    private readonly OfferedBytes _offered;
    private readonly OfferedPayload _payload;
    private int _hasEnded;

    internal OfferedRead(OfferedBytes offered, OfferedPayload payload) => (_offered, _payload) = (offered, payload);

    /// <summary>The payload; valid until <see cref="Dispose"/>.</summary>
    public NativeBuffer Bytes => _payload.Bytes;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) == 0)
            _offered.EndRead(_payload);
    }
}
