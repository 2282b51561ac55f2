using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Server.DataPlane;

/// <summary>Answers without bytes: a status, and the reason for the other node's message.</summary>
internal static class Refusals
{
    internal static Task WriteAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(reason, context.RequestAborted);
    }
}
