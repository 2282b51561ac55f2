using AttentionCluster.Cluster.Membership;
using AttentionCluster.Core.Api;
using AttentionCluster.Server.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace AttentionCluster.Server.Http.Endpoints;

/// <summary>What a cluster's nodes can be told.</summary>
internal static class NodeEndpoints
{
    internal static async Task<IResult> DrainAsync(string name, [FromServices] IClusterView cluster, HttpContext context) =>
        await cluster.DrainAsync(name, context.RequestAborted).ConfigureAwait(false) is { } refusal
            ? Problems.Of(refusal, isCall: true)
            : TypedResults.Accepted("/v1/cluster", new DrainedDocument(name));
}
