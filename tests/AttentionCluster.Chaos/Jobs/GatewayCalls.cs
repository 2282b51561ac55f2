using System.Net;
using System.Net.Sockets;

namespace AttentionCluster.Chaos.Jobs;

/// <summary>
/// Calls to whichever gateway answers. Like a client behind a list of addresses it does not know which of them live: a call that fails,
/// or stays without an answer, goes to the next.
/// </summary>
internal sealed class GatewayCalls(IReadOnlyList<Uri> gateways) : IDisposable
{
    private static readonly TimeSpan s_betweenCalls = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http =
        new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) }) { Timeout = Timeout.InfiniteTimeSpan };
    private int _next;

    /// <summary>The gateway that was asked last.</summary>
    public Uri? Asked { get; private set; }

    /// <summary>Tries one gateway after the other, until one has answered as it should.</summary>
    /// <param name="request">A new request each time, with an address relative to the gateway's.</param>
    /// <param name="take">Takes an answer, and may set its limit anew; null to try again.</param>
    /// <param name="patience">How long one try may take otherwise.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<T> UntilAsync<T>(
        Func<HttpRequestMessage> request, Func<HttpResponseMessage, CancellationTokenSource, Task<T?>> take, TimeSpan patience,
            CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                limit.CancelAfter(patience);
                using HttpRequestMessage sent = request();
                Uri gateway = gateways[(_next++ & int.MaxValue) % gateways.Count];
                Asked = gateway;
                sent.RequestUri = new Uri(gateway, sent.RequestUri!);
                using HttpResponseMessage answer = await _http.SendAsync(sent, HttpCompletionOption.ResponseHeadersRead, limit.Token);
                if (await take(answer, limit) is { } taken)
                    return taken;
            }
            catch (Exception e) when (e is HttpRequestException or SocketException or IOException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // This one is dead, stopped, or dies just now.
            }

            await Task.Delay(s_betweenCalls, cancellationToken);
        }
    }

    /// <summary>
    /// Whether another gateway, or the same one a moment later, may answer otherwise: it starts, it is busy, it does not know the job yet.
    /// </summary>
    public static bool MayPass(HttpStatusCode status) =>
        status is HttpStatusCode.NotFound or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.Conflict
            or >= HttpStatusCode.InternalServerError;

    public void Dispose() => _http.Dispose();
}
