using AttentionCluster.Cluster.DataPlane.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Server.DataPlane;

/// <summary>The data plane's part of a web application.</summary>
internal static class DataPlaneEndpoints
{
    private const string Transfers = "transfers";

    /// <summary>Limits the transfers at one time. One more is told at once, and comes back: a queue here would hold its connection.</summary>
    internal static IServiceCollection AddTransferLimit(this IServiceCollection services, int transfersMax) => services.AddRateLimiter(limits =>
    {
        limits.AddConcurrencyLimiter(Transfers, transfers =>
        {
            transfers.PermitLimit = transfersMax;
            transfers.QueueLimit = 0;
        });
        limits.OnRejected = async (rejected, _) => await Refusals
            .WriteAsync(rejected.HttpContext, StatusCodes.Status503ServiceUnavailable, $"busy: it serves {transfersMax} transfers already")
            .ConfigureAwait(false);
    });

    /// <summary>Maps the endpoints behind the check of signatures. The order is what keeps outsiders from using up permits.</summary>
    internal static void MapDataPlane(this WebApplication application, RequestSignature signature, AnswerSeals seals)
    {
        application.UseMiddleware<SignedRequestsOnly>(signature, seals);
        application.UseRouting();
        application.UseRateLimiter();
        application.MapGet(DataPlaneRoutes.Rows, RowsEndpoint.GetAsync).RequireRateLimiting(Transfers);
        application.MapGet(DataPlaneRoutes.Payload, PayloadEndpoints.GetAsync).RequireRateLimiting(Transfers);
        application.MapDelete(DataPlaneRoutes.Payload, PayloadEndpoints.Delete);
    }
}
