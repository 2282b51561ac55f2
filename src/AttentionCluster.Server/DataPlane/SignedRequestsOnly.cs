using AttentionCluster.Cluster.DataPlane.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AttentionCluster.Server.DataPlane;

/// <summary>
/// Stands before everything else: a request without the cluster's signature gets 401, the same for each address whether there is
/// something or not, and nothing besides but the name of the signature's scheme, which the standard wants. Whatever is answered to others
/// bears the proof that it comes from a node of the cluster.
/// </summary>
internal sealed class SignedRequestsOnly(RequestDelegate next, RequestSignature signature, AnswerSeals seals)
{
    public Task InvokeAsync(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (signature.IsRight(context.Request.Headers.Authorization.ToString(), context.Request.Method, target))
        {
            context.Response.OnStarting(() =>
            {
                context.Response.Headers[AnswerSeals.ProofHeader] =
                    seals.Proof(context.Request.Headers[AnswerSeals.NonceHeader].ToString(), context.Request.Method, target,
                        context.Response.StatusCode);
                return Task.CompletedTask;
            });
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = RequestSignature.Scheme.TrimEnd();
        return Task.CompletedTask;
    }
}
