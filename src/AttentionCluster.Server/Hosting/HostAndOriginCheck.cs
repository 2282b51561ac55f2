using AttentionCluster.Core;
using AttentionCluster.Server.Http.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Hosting;

/// <summary>
/// Refuses what pages of other sites can have a browser send: requests that call this node by a name that is not its own, and requests that
/// change something and come from another origin. Other clients send neither <c>Origin</c> nor <c>Sec-Fetch-Site</c>. Health is told by any
/// name, because an orchestrator asks by the address that it knows, and health changes nothing.
/// </summary>
internal sealed class HostAndOriginCheck(RequestDelegate next, HttpOptions options)
{
    private const string SecFetchSite = "Sec-Fetch-Site";

    /// <summary>Characters of what was sent that a message repeats.</summary>
    private const int RepeatedMax = 100;

    private readonly HostFilter _hosts = new(options);

    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is null && Check(context.Request) is { } refusal
            ? Problems.Of(refusal).ExecuteAsync(context)
            : next(context);

    private Refusal? Check(HttpRequest request)
    {
        if (!request.Host.HasValue)
            return new Refusal(ErrorCode.BadRequest, "the request has no Host; send the name by which it calls this node");
        if (!_hosts.Allows(request.Host.Host))
        {
            return new Refusal(
                ErrorCode.HostNotAllowed,
                $"this node is not called '{Cut(request.Host.Host)}'; call it by localhost or by an address that it listens on, or add "
                    + "that name to Http:AllowedHosts");
        }

        return IsSafe(request.Method) || !IsForeign(request)
            ? null
            : new Refusal(
                ErrorCode.OriginNotAllowed,
                $"a page of another site (Origin: {Cut(request.Headers.Origin.ToString())}) may change nothing here; a site in front of "
                    + "this node has to be in Http:AllowedHosts");
    }

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    private bool IsForeign(HttpRequest request)
    {
        if (request.Headers.TryGetValue(HeaderNames.Origin, out StringValues origin)
            && !(origin is [{ } text] && IsOwn(text, request.Host)))
            return true;
        return request.Headers.TryGetValue(SecFetchSite, out StringValues site)
            && !(site is [{ } relation]
                && (relation.Equals("same-origin", StringComparison.OrdinalIgnoreCase)
                || relation.Equals("none", StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>
    /// Whether an origin is this node: the host and port that the request was sent to, or a listed host, where a proxy in front has another
    /// name. The scheme may differ, because such a proxy may end TLS. The origin <c>null</c>, of sandboxed pages and files, is none.
    /// </summary>
    private bool IsOwn(string origin, HostString host)
    {
        if (!Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
            return false;
        int port = host.Port ?? (uri.Scheme == Uri.UriSchemeHttps ? 443 : 80);
        return (HostFilter.IsSame(uri.Host, host.Host) && uri.Port == port) || (uri.IsDefaultPort && _hosts.IsListed(uri.Host));
    }

    private static string Cut(string text) => text.Length <= RepeatedMax ? text : $"{text[..RepeatedMax]}...";
}
