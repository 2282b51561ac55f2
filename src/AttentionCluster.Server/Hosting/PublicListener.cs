using System.Security.Cryptography.X509Certificates;
using AttentionCluster.Cluster;
using AttentionCluster.Server.Http.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Server.Hosting;

/// <summary>How the public interface listens.</summary>
internal sealed class PublicListener : IDisposable
{
    private const int RequestLineBytesMax = 8 << 10;
    private const int RequestHeadersMax = 64;

    private readonly HttpOptions _options;
    private readonly X509Certificate2? _certificate;
    private readonly X509Certificate2Collection _chain = [];

    internal PublicListener(HttpOptions options)
    {
        _options = options;
        if (options is not { CertificateFile: { } certificate, KeyFile: { } key })
            return;
        _certificate = NodeCertificates.LoadWithKey(certificate, key);
        _chain.ImportFromPemFile(certificate);
    }

    /// <summary>Sets addresses and limits.</summary>
    internal void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        ConnectionLimits connections = kestrel.ApplicationServices.GetRequiredService<ConnectionLimits>();
        KestrelServerLimits limits = kestrel.Limits;

        // Kestrel would close all beyond a limit, whoever has them and whatever they are for.
        limits.MaxConcurrentConnections = null;
        limits.MaxRequestBodySize = _options.BodyBytesMax;
        limits.MaxRequestBufferSize = _options.BufferBytesMax;
        limits.MaxResponseBufferSize = _options.BufferBytesMax;
        limits.MaxRequestLineSize = RequestLineBytesMax;
        limits.MaxRequestHeadersTotalSize = _options.HeaderBytesMax;
        limits.MaxRequestHeaderCount = RequestHeadersMax;
        limits.RequestHeadersTimeout = _options.HeaderTimeout;
        limits.KeepAliveTimeout = _options.IdleTimeout;
        limits.MinRequestBodyDataRate = new MinDataRate(_options.BytesPerSecondMin, _options.StallTimeout);
        limits.MinResponseDataRate = new MinDataRate(_options.BytesPerSecondMin, _options.StallTimeout);
        CleartextHttp2 http2 = kestrel.ApplicationServices.GetRequiredService<CleartextHttp2>();
        ListenAddress[] addresses = [.. _options.Urls.Select(url => ListenAddress.Read(url)!)];
        foreach (ListenAddress address in addresses)
            kestrel.Listen(address.EndPoint, listen => Configure(listen, address, connections, http2));
        if (addresses.Any(address => !address.IsHttps))
            kestrel.Listen(CleartextHttp2.Place, listen => listen.Protocols = HttpProtocols.Http2);
    }

    public void Dispose()
    {
        _certificate?.Dispose();
        foreach (X509Certificate2 certificate in _chain)
            certificate.Dispose();
    }

    private void Configure(ListenOptions listen, ListenAddress address, ConnectionLimits connections, CleartextHttp2 http2)
    {
        // Before TLS: a client that is silent in the middle of the handshake has a connection as well.
        listen.Use(next => context => connections.ServeAsync(context, next));

        // Without TLS there is no way to agree on HTTP/2, and clients that know that it is spoken here just begin.
        if (!address.IsHttps)
            listen.Use(next => context => http2.ServeAsync(context, next));
        listen.Protocols = address.IsHttps ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
        if (address.IsHttps)
        {
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = _certificate,
                ServerCertificateChain = _chain,
                HandshakeTimeout = _options.HeaderTimeout,
            });
        }
    }
}
