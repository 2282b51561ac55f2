using System.Net.Http.Headers;
using System.Text.Json;

namespace AttentionCluster.Client.Transport;

/// <summary>The body of a refusal: RFC 9457 problem details with a stable code.</summary>
internal sealed record Problem(string? Code, string? Title, string? Detail)
{
    /// <summary>More than any refusal has to say.</summary>
    private const int BodyBytesMax = 64 << 10;

    /// <summary>What an answer that is no success says, in whatever form it says it.</summary>
    public static async Task<AttentionClientException> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        Problem? problem = await ReadBodyAsync(answer, cancellationToken).ConfigureAwait(false);
        string code = problem?.Code ?? $"http-{(int)answer.StatusCode}";
        string detail = problem?.Detail ?? problem?.Title ?? $"the server answered {(int)answer.StatusCode} {answer.ReasonPhrase}";
        return new AttentionClientException(code, detail, answer.StatusCode, Pause(answer.Headers.RetryAfter));
    }

    /// <summary>The pause that the server asks for.</summary>
    public static TimeSpan? Pause(RetryConditionHeaderValue? retryAfter) =>
        retryAfter?.Delta ?? (retryAfter?.Date is { } date ? TimeSpan.FromTicks(Math.Max(0, (date - DateTimeOffset.UtcNow).Ticks)) : null);

    private static async Task<Problem?> ReadBodyAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (answer.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json"))
            return null;
        try
        {
            await answer.Content.LoadIntoBufferAsync(BodyBytesMax, cancellationToken).ConfigureAwait(false);
            byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize(body, ClientJson.Default.Problem);
        }
        catch (Exception unreadable) when (unreadable is JsonException or HttpRequestException or IOException)
        {
            // The status alone says enough.
            return null;
        }
    }
}
