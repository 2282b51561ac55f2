using System.Net;

namespace AttentionCluster.Client.Transport;

/// <summary>
/// Sends each attempt of a call to the server that answered last. When that can't be reached, or says that it can't answer now, the next
/// attempt goes to the next of the servers, of any call.
/// </summary>
internal sealed class ServerChoice : DelegatingHandler
{
    private static readonly HttpRequestOptionsKey<Uri> s_path = new("attention-path");

    private readonly Uri[] _servers;
    private int _current;

    public ServerChoice(AttentionClientOptions options) =>
        _servers = [.. options.OtherServers.Prepend(options.Server).Select(server => Base(server))];

    /// <summary>A path may stand before <c>/v1</c>; without a slash at its end it would be cut off.</summary>
    public static Uri Base(Uri server) => new(server.AbsoluteUri.TrimEnd('/') + "/");

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_servers.Length == 1 || CallKind.Of(request) is null)
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!request.Options.TryGetValue(s_path, out Uri? path))
            request.Options.Set(s_path, path = _servers[0].MakeRelativeUri(request.RequestUri!));
        int chosen = Volatile.Read(ref _current);
        request.RequestUri = new Uri(_servers[chosen], path);
        try
        {
            HttpResponseMessage answer = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (answer.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
                TakeNextAfter(chosen);
            return answer;
        }
        catch (HttpRequestException)
        {
            TakeNextAfter(chosen);
            throw;
        }
    }

    /// <summary>Unless another call has done so meanwhile.</summary>
    private void TakeNextAfter(int chosen) => Interlocked.CompareExchange(ref _current, (chosen + 1) % _servers.Length, chosen);
}
