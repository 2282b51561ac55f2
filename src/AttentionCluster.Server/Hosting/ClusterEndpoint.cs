using AttentionCluster.Cluster.Membership;
using AttentionCluster.Core.Api;
using AttentionCluster.Server.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AttentionCluster.Server.Hosting;

/// <summary><c>GET /v1/cluster</c>: the cluster as this node sees it.</summary>
internal static class ClusterEndpoint
{
    internal static void MapCluster(this IEndpointRouteBuilder endpoints) => endpoints.MapGet(
        "/v1/cluster", (IClusterView cluster) => TypedResults.Json(cluster.Status(), ApiJson.Default.ClusterStatus))
        .AddEndpointFilter<RouteHandlerBuilder, RequestRules>().WithHead();
}
