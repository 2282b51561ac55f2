using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace AttentionCluster.Server.Http.Requests;

/// <summary>HEAD wherever there is GET (RFC 9110, 9.1); the web server leaves the body of the answer out.</summary>
internal static class Heads
{
    private static readonly string[] s_read = ["GET", "HEAD"];

    /// <summary>Endpoints for GET, and those for any method, are for GET and HEAD.</summary>
    internal static TBuilder WithHead<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoints.Finally(endpoint =>
        {
            if (endpoint.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault() is not { } methods || methods.HttpMethods is ["GET"])
                endpoint.Metadata.Add(new HttpMethodMetadata(s_read));
        });
        return endpoints;
    }
}
