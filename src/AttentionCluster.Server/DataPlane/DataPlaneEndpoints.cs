using AttentionCluster.Cluster.DataPlane.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AttentionCluster.Server.DataPlane;

/// <summary>The data plane's part of a web application.</summary>
internal static class DataPlaneEndpoints
{
    /// <summary>Maps the endpoints behind the check of signatures. The order is what keeps outsiders from using up permits.</summary>
    internal static void MapDataPlane(this WebApplication application, RequestSignature signature, AnswerSeals seals,
        TransferLimit transfers)
    {
        application.UseMiddleware<SignedRequestsOnly>(signature, seals);
        application.UseRouting();
        application.MapGet(DataPlaneRoutes.Rows, RowsEndpoint.GetAsync).AddEndpointFilter(transfers);
        application.MapGet(DataPlaneRoutes.Payload, PayloadEndpoints.GetAsync).AddEndpointFilter(transfers);
        application.MapDelete(DataPlaneRoutes.Payload, PayloadEndpoints.Delete);
    }
}
