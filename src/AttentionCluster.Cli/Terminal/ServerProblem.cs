using System.Globalization;
using System.Net;
using AttentionCluster.Client;
using AttentionCluster.Core;

namespace AttentionCluster.Cli.Terminal;

/// <summary>What a call without a result means to the caller of <c>attn</c>.</summary>
internal static class ServerProblem
{
    /// <summary>The environment variable that holds the server's token.</summary>
    public const string TokenVariable = "ATTN_TOKEN";

    /// <summary>
    /// What was sent is wrong, or the server can't do it now: by the code, and by the status where this version does not know that.
    /// </summary>
    public static int ExitCodeOf(AttentionClientException problem) =>
        problem.KnownCode is { } code ? ErrorExit.Of(code) :
        problem.Status is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError
            and not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests)
            ? ExitCode.WrongInput
            : ExitCode.ClusterFailed;

    /// <summary>What happened, and what to do.</summary>
    public static string Text(AttentionClientException problem) => problem switch
    {
        { Status: HttpStatusCode.Unauthorized } => $"{problem.Detail}; give the server's token by --token or {TokenVariable}",
        { KnownCode: ErrorCode.Unreachable } => $"{problem.Detail}; check the address and whether the server runs",
        { RetryAfter: { } pause } => string.Create(CultureInfo.InvariantCulture, $"{problem.Detail}; try again in "
            + $"{Math.Ceiling(pause.TotalSeconds)} seconds"),
        _ => problem.Detail,
    };
}
