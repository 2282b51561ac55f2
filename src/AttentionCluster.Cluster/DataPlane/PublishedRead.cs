using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>The right to read an offered payload until it is disposed.</summary>
internal sealed class PublishedRead : IDisposable
{
    private readonly PublishedPayloads _published;
    private readonly PublishedPayload _payload;
    private int _hasEnded;

    internal PublishedRead(PublishedPayloads published, PublishedPayload payload) => (_published, _payload) = (published, payload);

    /// <summary>The payload; valid until <see cref="Dispose"/>.</summary>
    public NativeBuffer Bytes => _payload.Bytes;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) == 0)
            _published.EndRead(_payload);
    }
}
