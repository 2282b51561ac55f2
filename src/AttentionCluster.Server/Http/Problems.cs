using AttentionCluster.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Http;

/// <summary>Refusals as RFC 9457 problem details.</summary>
internal static class Problems
{
    /// <summary>The member that holds the stable code.</summary>
    internal const string CodeMember = "code";

    /// <summary>Seconds after which a full queue is worth another try: calls take fractions of one, jobs rather many.</summary>
    private const string CallRetrySeconds = "1";
    private const string JobRetrySeconds = "5";

    internal static IResult Of(Refusal refusal) => Of(refusal.Code, refusal.Message);

    internal static IResult Of(string code, string message)
    {
        int status = ProblemCodes.StatusOf(code);
        return TypedResults.Problem(
            message, statusCode: status, title: ReasonPhrases.GetReasonPhrase(status),
            extensions: [new KeyValuePair<string, object?>(CodeMember, code)]);
    }

    /// <summary>As <see cref="Of(Refusal)"/>, with the header that says when to try again where that makes sense.</summary>
    internal static IResult Of(Refusal refusal, HttpContext context, bool isCall)
    {
        if (ProblemCodes.StatusOf(refusal.Code) is StatusCodes.Status408RequestTimeout or StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers[HeaderNames.RetryAfter] = isCall ? CallRetrySeconds : JobRetrySeconds;
        return Of(refusal);
    }
}
