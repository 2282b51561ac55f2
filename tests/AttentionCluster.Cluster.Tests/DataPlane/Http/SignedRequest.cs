using AttentionCluster.Cluster.DataPlane.Http;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>A node's request, made by hand.</summary>
internal sealed class SignedRequest : IDisposable
{
    private readonly HttpClient _http = new();

    /// <summary>Asks, and takes the answer's headers, but none of its bytes.</summary>
    internal async Task<HttpResponseMessage> GetAsync(string address, string target)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{address}{target}");
        request.Headers.TryAddWithoutValidation("Authorization", new RequestSignature(HttpNode.Secret).Sign("GET", target));
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();
    }

    public void Dispose() => _http.Dispose();
}
