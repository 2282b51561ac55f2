using AttentionCluster.Cluster.DataPlane.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AttentionCluster.Server.DataPlane;

/// <summary>
/// Stands before everything else: a request without the cluster's signature gets 401, the same for each address whether there is
/// something or not, and not a byte besides.
/// </summary>
internal sealed class SignedRequestsOnly(RequestDelegate next, RequestSignature signature)
{
    public Task InvokeAsync(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (signature.IsRight(context.Request.Headers.Authorization.ToString(), context.Request.Method, target))
            return next(context);
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }
}
