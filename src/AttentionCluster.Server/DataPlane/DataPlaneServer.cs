using System.Net;
using System.Security.Authentication;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Cluster.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.DataPlane;

/// <summary>
/// Serves other nodes what this one has. It is a web server of its own, beside that of the HTTP API: Kestrel's limits hold for a whole
/// server, and those of nodes that pull are not those of users that send.
/// </summary>
internal sealed class DataPlaneServer(
    TensorStore store, PublishedPayloads published, HttpDataPlane plane, DataPlaneOptions options, ILoggerFactory loggers)
        : IHostedService, IAsyncDisposable
{
    /// <summary>Bytes; a node's requests have one header that matters and a short target.</summary>
    private const int RequestLineBytesMax = 2048;
    private const int RequestHeadersBytesMax = 8192;
    private const int RequestHeadersMax = 16;

    /// <summary>Longer than nodes keep idle connections.</summary>
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(60);

    private NodeCertificates? _certificates;
    private WebApplication? _application;

    /// <summary>Listens, and tells the data plane where.</summary>
    /// <exception cref="IOException">The address is in use, or a file of the certificates can't be read.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _certificates = options.Tls is { } tls ? NodeCertificates.Load(tls) : null;
        var seals = new AnswerSeals(options.Secret);

        // The empty builder: no configuration file and no environment variable may move the address.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        builder.Services.AddSingleton(loggers).AddSingleton(store).AddSingleton(published).AddSingleton(seals)
            .AddSingleton(_ => new TransferLimit(options.ServedMax));
        builder.Services.AddRoutingCore();
        _application = builder.Build();
        _application.MapDataPlane(new RequestSignature(options.Secret), seals, _application.Services.GetRequiredService<TransferLimit>());
        await _application.StartAsync(cancellationToken).ConfigureAwait(false);
        var listening = new Uri(_application.Urls.Single());
        Uri reached = new UriBuilder(listening.Scheme, options.AdvertisedHost ?? listening.Host, listening.Port).Uri;
        plane.Announce(FormattableString.Invariant($"{reached.Host}:{reached.Port}"));
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _application?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
            await _application.DisposeAsync().ConfigureAwait(false);
        _certificates?.Dispose();
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxConcurrentConnections = options.ConnectionsMax;
        limits.MaxRequestBodySize = 0;
        limits.MaxRequestLineSize = RequestLineBytesMax;
        limits.MaxRequestHeadersTotalSize = RequestHeadersBytesMax;
        limits.MaxRequestHeaderCount = RequestHeadersMax;
        limits.RequestHeadersTimeout = options.StallTimeout;
        limits.KeepAliveTimeout = s_keepAlive;
        limits.MaxResponseBufferSize = NativeBody.FlushedBytes;
        limits.MinResponseDataRate = new MinDataRate(options.BytesPerSecondMin, options.StallTimeout);
        kestrel.Listen(IPAddress.Parse(options.Listen.Host), options.Listen.Port, Listen);
    }

    private void Listen(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;
        if (_certificates is not { } certificates)
            return;
        listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = certificates.Own,
            SslProtocols = SslProtocols.None,
            ClientCertificateMode = ClientCertificateMode.RequireCertificate,
            OnAuthenticate = (_, ssl) => ssl.CertificateChainPolicy = certificates.PeerPolicy(),
            HandshakeTimeout = options.StallTimeout,
        });
    }
}
