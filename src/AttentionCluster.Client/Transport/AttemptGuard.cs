using System.Net.Sockets;

namespace AttentionCluster.Client.Transport;

/// <summary>
/// Ends one attempt of a call when nothing moves any more. A limit on the whole attempt would cut off large uploads; this one starts
/// anew with every piece that goes out.
/// </summary>
internal sealed class AttemptGuard : DelegatingHandler
{
    /// <summary>Of an answer that is held in memory whole: a list of a hundred thousand jobs and more.</summary>
    private const long AnswerBytesMax = 64 << 20;

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (CallKind.Of(request) is not { } kind)
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);

        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (request.Content is SafetensorsContent upload)
        {
            silence.CancelAfter(kind.SilenceTimeout);
            upload.Sent = sent => silence.CancelAfter(sent < upload.Length ? kind.SilenceTimeout : kind.AnswerTimeout);
        }
        else
        {
            silence.CancelAfter(kind.AnswerTimeout);
        }

        try
        {
            HttpResponseMessage answer = await base.SendAsync(request, silence.Token).ConfigureAwait(false);
            // Read here, a body that breaks off is a failed attempt like any other.
            if (!kind.Streamed)
                await answer.Content.LoadIntoBufferAsync(AnswerBytesMax, silence.Token).ConfigureAwait(false);
            return answer;
        }
        catch (OperationCanceledException cause) when (!cancellationToken.IsCancellationRequested)
        {
            string message = $"{request.RequestUri?.Authority} was silent for {kind.SilenceTimeout.TotalSeconds:0.#} seconds";
            throw new HttpRequestException(message, new TimeoutException(message, cause));
        }
        catch (SocketException cause)
        {
            // .NET lets it through as it is, where a server resets a connection as soon as it is open.
            throw new HttpRequestException(HttpRequestError.ConnectionError,
                $"{request.RequestUri?.Authority} has reset the connection ({cause.Message})", cause);
        }
    }
}
