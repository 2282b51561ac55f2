using AttentionCluster.Core;
using AttentionCluster.Server.Http.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Hosting;

/// <summary>
/// Takes no new request once the node leaves its cluster. Those for health are answered, so that whoever looks sees why; those that
/// run go on until it has left.
/// </summary>
internal sealed class LeavingNode(RequestDelegate next, IHostApplicationLifetime lifetime)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!lifetime.ApplicationStopping.IsCancellationRequested)
            return next(context);
        context.Response.Headers[HeaderNames.Connection] = "close";
        return context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null
            ? next(context)
            : Problems.Of(ErrorCode.ShuttingDown, "this node leaves its cluster; ask another").ExecuteAsync(context);
    }
}
