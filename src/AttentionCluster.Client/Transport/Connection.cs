using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace AttentionCluster.Client.Transport;

/// <summary>The <see cref="HttpClient"/> below a client, the same with and without a container.</summary>
internal static class Connection
{
    /// <summary>Enough for a distant server; one that is not there should show soon.</summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>So that a server's new address is found.</summary>
    private static readonly TimeSpan s_connectionLifetime = TimeSpan.FromMinutes(5);

    /// <summary>With retries of its own, for whoever has no container.</summary>
    public static HttpClient Open(AttentionClientOptions options)
    {
        var pipeline = new ResiliencePipelineBuilder<HttpResponseMessage>();
        RetryPolicy.AddTo(pipeline, options);
        var sockets = new SocketsHttpHandler();
        Configure(sockets);
        var server = new ServerChoice(options) { InnerHandler = new AttemptGuard { InnerHandler = sockets } };
        var http = new HttpClient(new ResilienceHandler(pipeline.Build()) { InnerHandler = server });
        Configure(http);
        return http;
    }

    /// <summary>Every call has its own limits: see <see cref="AttemptGuard"/>.</summary>
    public static void Configure(HttpClient http) => http.Timeout = Timeout.InfiniteTimeSpan;

    /// <summary>Connections.</summary>
    public static void Configure(SocketsHttpHandler sockets)
    {
        sockets.ConnectTimeout = s_connectTimeout;
        sockets.PooledConnectionLifetime = s_connectionLifetime;
    }
}
