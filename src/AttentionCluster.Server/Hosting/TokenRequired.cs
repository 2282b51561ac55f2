using System.Security.Cryptography;
using System.Text;
using AttentionCluster.Core;
using AttentionCluster.Server.Http.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Hosting;

/// <summary>
/// Asks for the token, when there is one, at everything that does not say <see cref="IAllowAnonymous"/>, addresses where there is
/// nothing among it. What was brought is compared by its hash, in a time that says nothing of how much of it is right.
/// </summary>
internal sealed class TokenRequired(RequestDelegate next, HttpOptions options)
{
    private const string Scheme = "Bearer ";

    /// <summary>The scheme alone would be no challenge (RFC 6750, 3).</summary>
    private const string Challenge = "Bearer realm=\"AttentionCluster\"";

    private readonly byte[]? _hash = options.Token is null ? null : Hash(options.Token);

    public Task InvokeAsync(HttpContext context)
    {
        if (_hash is null || context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null
            || IsRight(context.Request.Headers.Authorization))
            return next(context);
        context.Response.Headers[HeaderNames.WWWAuthenticate] = Challenge;
        return Problems
            .Of(ErrorCode.TokenMissing, "this server wants the header 'Authorization: Bearer TOKEN' with its token")
            .ExecuteAsync(context);
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private bool IsRight(StringValues authorization) =>
        authorization is [{ } brought]
        && brought.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Hash(brought[Scheme.Length..]), _hash);
}
