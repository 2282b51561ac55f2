using System.Threading.RateLimiting;

namespace AttentionCluster.Server.Http.Bodies;

/// <summary>
/// Memory for the headers of bodies that have no place in the queue yet. Those of usual jobs have some hundred bytes, and are bounded by
/// the number of connections; a sender that promises a large one must not cost the node that much for each of its connections.
/// </summary>
internal sealed class HeaderRoom : IDisposable
{
    /// <summary>Up to this length headers are not counted.</summary>
    internal const int SmallBytesMax = 64 << 10;

    /// <summary>All larger ones together; at least one of the largest that is allowed.</summary>
    private const int BytesMax = 128 << 20;

    private readonly ConcurrencyLimiter _bytes = new(new ConcurrencyLimiterOptions { PermitLimit = BytesMax, QueueLimit = 0 });

    /// <summary>Takes room for a header until the lease is disposed.</summary>
    /// <returns>A lease that is not acquired when there is no room.</returns>
    internal RateLimitLease Take(int bytes) => _bytes.AttemptAcquire(bytes <= SmallBytesMax ? 0 : bytes);

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();
}
