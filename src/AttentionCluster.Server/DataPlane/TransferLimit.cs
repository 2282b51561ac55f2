using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Server.DataPlane;

/// <summary>
/// Limits the transfers at one time. One more is told at once, and comes back: a queue here would hold its connection. ASP.NET's middleware
/// for this has a timer that fires ten times a second for as long as the node runs.
/// </summary>
internal sealed class TransferLimit(int transfersMax) : IEndpointFilter, IDisposable
{
    private readonly ConcurrencyLimiter _transfers = new(new ConcurrencyLimiterOptions { PermitLimit = transfersMax, QueueLimit = 0 });

    /// <inheritdoc/>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        using RateLimitLease transfer = _transfers.AttemptAcquire();
        if (transfer.IsAcquired)
            return await next(context).ConfigureAwait(false);
        await Refusals.WriteAsync(context.HttpContext, StatusCodes.Status503ServiceUnavailable,
            $"busy: it serves {transfersMax} transfers already").ConfigureAwait(false);
        return Results.Empty;
    }

    /// <inheritdoc/>
    public void Dispose() => _transfers.Dispose();
}
