using AttentionCluster.Core;
using AttentionCluster.Server.Http.Connections;
using AttentionCluster.Server.Http.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Hosting;

/// <summary>
/// Tells connections that a request is being answered, and on those for which there was no place answers health alone.
/// </summary>
internal sealed class ConnectionGate(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<PublicConnection>() is not { } connection)
            return next(context);

        // To the last byte of the answer, which is sent after this has returned.
        context.Response.RegisterForDispose(connection.Work());
        if (!connection.IsForHealth)
            return next(context);
        context.Response.Headers[HeaderNames.Connection] = "close";
        return context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null
            ? next(context)
            : Problems
                .Of(new Refusal(ErrorCode.TooManyConnections, "this node has as many busy connections as it takes, in all or from this "
                    + "address; close some, or try again a little later"), isCall: true)
                .ExecuteAsync(context);
    }
}
