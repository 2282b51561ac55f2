using System.Net;

namespace AttentionCluster.Server;

/// <summary>An address that the public HTTP interface listens on.</summary>
/// <param name="EndPoint">The IP address and port; port 0 takes a free one.</param>
/// <param name="IsHttps">Whether with TLS.</param>
internal sealed record ListenAddress(IPEndPoint EndPoint, bool IsHttps)
{
    /// <summary>Reads such as <c>http://127.0.0.1:8080</c>.</summary>
    /// <returns>Null when the text is none, or names a host other than <c>localhost</c>, or has a path.</returns>
    internal static ListenAddress? Read(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri.PathAndQuery != "/")
            return null;
        IPAddress? address =
            uri.Host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(uri.Host, out IPAddress? parsed) ? parsed : null;
        return address is null ? null : new ListenAddress(new IPEndPoint(address, uri.Port), uri.Scheme == Uri.UriSchemeHttps);
    }
}
