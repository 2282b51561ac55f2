using System.Net.Http.Headers;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AttentionCluster.Core;

namespace AttentionCluster.Client.Transport;

/// <summary>Calls of the HTTP interface: whatever goes wrong comes out as an <see cref="AttentionClientException"/>.</summary>
internal sealed class Calls(HttpClient http, AttentionClientOptions options)
{
    /// <summary>Bytes of an answer in JSON: a list of as many jobs as a server can keep has fewer.</summary>
    private const int JsonBytesMax = 256 << 20;

    private readonly Uri _base = ServerChoice.Base(options.Server);

    /// <summary>How patient and how persistent calls are.</summary>
    public AttentionClientOptions Options => options;

    /// <summary>A call whose answer is JSON.</summary>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, path);
        using HttpResponseMessage answer = await SendAsync(request, Kind(repeatable: true), cancellationToken).ConfigureAwait(false);
        return await ReadAsync(answer, type, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A request to a path below the server's address.</summary>
    public HttpRequestMessage Request(HttpMethod method, string path) => new(method, new Uri(_base, path));

    /// <summary>A call with the limits of the options.</summary>
    public CallKind Kind(bool repeatable, bool streamed = false) =>
        new(repeatable, streamed, options.SilenceTimeout, options.SilenceTimeout);

    /// <summary>Sends, and returns when the head of a successful answer is there.</summary>
    /// <exception cref="AttentionClientException">Refused, failed or unreachable.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CallKind kind, CancellationToken cancellationToken)
    {
        kind.AttachTo(request);
        if (options.Token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Token);
        try
        {
            HttpResponseMessage answer = await http
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return answer;
            using (answer)
                throw await Problem.ReadAsync(answer, cancellationToken).ConfigureAwait(false);
        }
        catch (TensorReadException problem)
        {
            ExceptionDispatchInfo.Throw(problem.InnerException!);
            throw;
        }
        catch (HttpRequestException problem)
        {
            throw Lost(problem);
        }
        catch (OperationCanceledException problem) when (!cancellationToken.IsCancellationRequested)
        {
            // The timeout of a caller's own HttpClient.
            throw new AttentionClientException(ErrorCode.NoAnswer, $"{_base} did not answer in time", cause: problem);
        }
    }

    /// <summary>The JSON of an answer.</summary>
    /// <exception cref="AttentionClientException">It is none, or not what was asked for; or the connection broke.</exception>
    public async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            await answer.Content.LoadIntoBufferAsync(JsonBytesMax, cancellationToken).ConfigureAwait(false);
            return Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false), type);
        }
        catch (HttpRequestException problem) when (problem.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw Malformed($"more than {JsonBytesMax} bytes");
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException)
        {
            throw Lost(problem);
        }
    }

    /// <summary>JSON that the server sent.</summary>
    /// <exception cref="AttentionClientException">It is none, or not what was asked for.</exception>
    public T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw Malformed("null");
        }
        catch (JsonException problem)
        {
            throw Malformed(problem.Message);
        }
    }

    /// <summary>An answer that is none of this interface.</summary>
    public AttentionClientException Malformed(string found) => new(
        ErrorCode.MalformedAnswer, $"{_base} gave an answer that this version does not understand ({found}); is it an AttentionCluster "
            + "server?");

    /// <summary>A connection that could not be made, or broke.</summary>
    public AttentionClientException Lost(Exception problem) => problem switch
    {
        { InnerException: TimeoutException silence } =>
            new(ErrorCode.NoAnswer, $"{_base} does not answer: {silence.Message}", cause: problem),
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        } => new(ErrorCode.Unreachable, $"{_base} can't be reached: {problem.Message}", cause: problem),
        _ => new(ErrorCode.ConnectionLost, $"the connection to {_base} broke: {problem.Message}", cause: problem),
    };

    /// <summary>The pause before a stream that broke for the n-th time in a row is taken up again.</summary>
    public Task PauseAsync(int breaks, CancellationToken cancellationToken)
    {
        TimeSpan pause = options.RetryDelay * Math.Pow(2, Math.Max(0, breaks - 1));
        return Task.Delay(pause < options.RetryDelayMax ? pause : options.RetryDelayMax, cancellationToken);
    }
}
