using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Polly;
using Polly.Retry;

namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>Asks other nodes: signs, waits while they are busy, and says who failed and how.</summary>
internal sealed class PeerClient : IDisposable
{
    /// <summary>KiB; a peer's headers are a few hundred bytes.</summary>
    private const int ResponseHeadersKibMax = 8;

    /// <summary>Bytes of a refusal's reason that are read.</summary>
    private const int ReasonBytesMax = 1024;

    /// <summary>Shorter than the time after which a server closes an idle connection, so that none is used as it goes.</summary>
    private static readonly TimeSpan s_idleMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(1);

    private readonly DataPlaneOptions _options;
    private readonly TimeProvider _clock;
    private readonly HttpMessageInvoker _http;
    private readonly RequestSignature _signature;
    private readonly AnswerSeals _seals;
    private readonly ResiliencePipeline<HttpResponseMessage> _whileBusy;
    private readonly NodeCertificates? _certificates;
    private readonly string _scheme;

    internal PeerClient(DataPlaneOptions options, TimeProvider clock)
    {
        (_options, _clock) = (options, clock);
        _certificates = options.Tls is { } tls ? NodeCertificates.Load(tls) : null;
        _scheme = _certificates is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        _signature = new RequestSignature(options.Secret);
        _seals = new AnswerSeals(options.Secret);
        _http = new HttpMessageInvoker(Handler(options, _certificates));
        _whileBusy = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                ShouldHandle = answer => ValueTask.FromResult(IsBusy(answer.Outcome.Result)),
                MaxRetryAttempts = options.BusyRetriesMax,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = s_firstWait,
                MaxDelay = s_longestWait,
            })
            .Build();
    }

    /// <summary>What proves answers.</summary>
    internal AnswerSeals Seals => _seals;

    /// <summary>For one transfer.</summary>
    /// <param name="caller">Cancels it.</param>
    internal TransferGuard Guard(CancellationToken caller) => new(_options, _clock, caller);

    /// <summary>Begins to read what a peer has.</summary>
    /// <param name="peer">The node.</param>
    /// <param name="target">Of <see cref="DataPlaneRoutes"/>.</param>
    /// <param name="bytes">How many bytes that must be.</param>
    /// <param name="guard">Of this transfer.</param>
    /// <param name="nonce">From <see cref="AnswerSeals.NewRandom"/>, for this transfer alone.</param>
    /// <exception cref="DataPlaneException">The peer can't be reached, refuses, stays busy, has another number of bytes, or is not of this
    /// cluster.</exception>
    internal async Task<PeerBody> GetAsync(Peer peer, string target, long bytes, TransferGuard guard, string nonce)
    {
        HttpResponseMessage response = await AskAsync(HttpMethod.Get, peer, target, guard, nonce).ConfigureAwait(false);
        try
        {
            if (response.StatusCode != HttpStatusCode.OK)
                throw new DataPlaneException(
                    $"{peer}: {await ReasonAsync(response, guard).ConfigureAwait(false)}")
                { IsTransient = IsBusy(response) };
            if (response.Content.Headers.ContentLength != bytes)
                throw new DataPlaneException($"{peer} has {response.Content.Headers.ContentLength} bytes, and {bytes} were expected");
            return new PeerBody(peer, response, await response.Content.ReadAsStreamAsync(guard.Token).ConfigureAwait(false), guard);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Has a peer free what it offers.</summary>
    /// <returns>Whether it still had it.</returns>
    /// <exception cref="DataPlaneException">The peer can't be reached, or refuses.</exception>
    internal async Task<bool> DeleteAsync(Peer peer, string target, TransferGuard guard)
    {
        using HttpResponseMessage response =
            await AskAsync(HttpMethod.Delete, peer, target, guard, AnswerSeals.NewRandom()).ConfigureAwait(false);
        return response.IsSuccessStatusCode
            || (response.StatusCode == HttpStatusCode.NotFound ? false
                : throw new DataPlaneException($"{peer}: {await ReasonAsync(response, guard).ConfigureAwait(false)}"));
    }

    public void Dispose()
    {
        _http.Dispose();
        _certificates?.Dispose();
    }

    private static SocketsHttpHandler Handler(DataPlaneOptions options, NodeCertificates? certificates) => new()
    {
        ConnectTimeout = options.ConnectTimeout,
        PooledConnectionIdleTimeout = s_idleMax,
        MaxResponseHeadersLength = ResponseHeadersKibMax,
        MaxResponseDrainSize = 0,
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        SslOptions = certificates is null ? new SslClientAuthenticationOptions() : new SslClientAuthenticationOptions
        {
            ClientCertificateContext = SslStreamCertificateContext.Create(certificates.Own, additionalCertificates: null),
            CertificateChainPolicy = certificates.PeerPolicy(),
        },
    };

    private static bool IsBusy(HttpResponseMessage? response) =>
        response?.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.Conflict;

    /// <summary>A few words of the peer, or its status.</summary>
    private static async Task<string> ReasonAsync(HttpResponseMessage response, TransferGuard guard)
    {
        byte[] reason = new byte[ReasonBytesMax];
        guard.Expect(reason.Length);
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(guard.Token).ConfigureAwait(false);
            int length = await body.ReadAtLeastAsync(reason, reason.Length, throwOnEndOfStream: false, guard.Token).ConfigureAwait(false);
            guard.Rest();
            return length == 0 ? $"status {(int)response.StatusCode}" : Encoding.UTF8.GetString(reason, 0, length);
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && guard.IsLate))
        {
            return $"status {(int)response.StatusCode}";
        }
    }

    private async Task<HttpResponseMessage> AskAsync(HttpMethod method, Peer peer, string target, TransferGuard guard, string nonce)
    {
        Uri uri = peer.ToUri(_scheme, target);
        try
        {
            HttpResponseMessage response = await _whileBusy
                .ExecuteAsync(async (request, _) => await SendAsync(method, request, guard, nonce).ConfigureAwait(false), uri, guard.Caller)
                .ConfigureAwait(false);
            bool isRefused = response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
            if (!isRefused && IsProven(response, nonce, method, uri))
                return response;
            response.Dispose();

            // One of the two is not of this cluster, which says nothing about what was asked for.
            throw new DataPlaneException(isRefused
                ? $"{peer} refuses this node: their secrets differ"
                : $"{peer} does not prove that it knows the secret of this cluster: is another process there by now?")
            { IsTransient = true };
        }
        catch (OperationCanceledException) when (guard.IsLate)
        {
            throw new DataPlaneException($"{peer} was too slow: it did not answer in time") { IsTransient = true };
        }
        catch (OperationCanceledException e) when (!guard.Caller.IsCancellationRequested)
        {
            throw new DataPlaneException($"{peer} can't be reached: connecting took too long", e) { IsTransient = true };
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            // .NET lets the second one through, where a peer resets a connection as soon as it is open.
            throw new DataPlaneException($"{peer} can't be reached: {(e.InnerException ?? e).Message}", e) { IsTransient = true };
        }
    }

    private bool IsProven(HttpResponseMessage response, string nonce, HttpMethod method, Uri uri) =>
        response.Headers.TryGetValues(AnswerSeals.ProofHeader, out IEnumerable<string>? proofs)
        && _seals.IsRight(proofs.First(), nonce, method.Method, uri.PathAndQuery, (int)response.StatusCode);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri uri, TransferGuard guard, string nonce)
    {
        using var request = new HttpRequestMessage(method, uri);
        request.Headers.TryAddWithoutValidation("Authorization", _signature.Sign(method.Method, uri.PathAndQuery));
        request.Headers.TryAddWithoutValidation(AnswerSeals.NonceHeader, nonce);
        guard.Expect(0);
        HttpResponseMessage response = await _http.SendAsync(request, guard.Token).ConfigureAwait(false);
        guard.Rest();
        return response;
    }
}
