using System.Net;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace AttentionCluster.Client.Transport;

/// <summary>Which calls are made again, when, and how often.</summary>
internal static class RetryPolicy
{
    /// <summary>Adds the retries; what the options forbid is not added.</summary>
    public static void AddTo(ResiliencePipelineBuilder<HttpResponseMessage> pipeline, AttentionClientOptions options)
    {
        if (options.RetriesMax == 0)
            return;
        pipeline.AddRetry(new HttpRetryStrategyOptions
        {
            MaxRetryAttempts = options.RetriesMax,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.RetryDelay,
            MaxDelay = options.RetryDelayMax,
            ShouldRetryAfterHeader = true,
            ShouldHandle = attempt => ValueTask.FromResult(
                attempt.Context.GetRequestMessage() is { } request
                && CallKind.Of(request) is { Repeatable: true }
                && IsTransient(request, attempt.Outcome, options)),
        });
    }

    private static bool IsTransient(HttpRequestMessage request, Outcome<HttpResponseMessage> outcome, AttentionClientOptions options) =>
        outcome.Exception is HttpRequestException

        // The server has not yet seen that the first attempt broke:
        // https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header.
        || (request.Method == HttpMethod.Post && outcome.Result?.StatusCode == HttpStatusCode.Conflict)
        || outcome.Result is
        {
            StatusCode: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
                or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout,
        } answer
        && !(Problem.Pause(answer.Headers.RetryAfter) > options.RetryDelayMax);
}
