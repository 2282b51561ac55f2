using AttentionCluster.Core;
using AttentionCluster.Server.Http.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Http.Errors;

/// <summary>Refusals as RFC 9457 problem details, with the headers that RFC 9110 wants beside their status.</summary>
internal static class Problems
{
    /// <summary>The member that holds the stable code.</summary>
    internal const string CodeMember = "code";

    /// <summary>
    /// Seconds after which what is not to be had now is worth another try: calls take fractions of one, jobs rather many.
    /// </summary>
    private const string CallRetrySeconds = "1";
    private const string JobRetrySeconds = "5";

    internal static IResult Of(ErrorCode code, string message) => Of(new Refusal(code, message));

    /// <summary>The answer.</summary>
    /// <param name="refusal">Its code decides the status.</param>
    /// <param name="isCall">Whether what was asked for takes fractions of a second, so that another try is soon worth it.</param>
    /// <param name="headers">Headers of this answer alone.</param>
    internal static IResult Of(Refusal refusal, bool isCall = false, params (string Name, string Value)[] headers)
    {
        int status = ProblemCodes.StatusOf(refusal.Code) ?? StatusCodes.Status500InternalServerError;
        IResult problem = TypedResults.Problem(
            refusal.Message, statusCode: status, title: ReasonPhrases.GetReasonPhrase(status),
            extensions: [new KeyValuePair<string, object?>(CodeMember, refusal.Code.Name())]);
        (string Name, string Value)? own =
            ProblemCodes.IsWorthAnotherTry(refusal.Code) ? (HeaderNames.RetryAfter, isCall ? CallRetrySeconds : JobRetrySeconds) :
            refusal.Code == ErrorCode.UnsupportedMediaType ? (HeaderNames.Accept, TensorMediaType.Name) :
            refusal.Code == ErrorCode.UnsupportedContentCoding ? (HeaderNames.AcceptEncoding, TensorMediaType.Identity) :
            null;
        return own is null && headers.Length == 0 ? problem : new HeadedResult(problem, own is { } header ? [header, .. headers] : headers);
    }

    private sealed class HeadedResult(IResult result, (string Name, string Value)[] headers) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            foreach ((string name, string value) in headers)
                httpContext.Response.Headers[name] = value;
            return result.ExecuteAsync(httpContext);
        }
    }
}
