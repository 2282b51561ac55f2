using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AttentionCluster.Server.Hosting;

/// <summary>Errors of the public interface: RFC 9457 problem details with a stable <c>code</c>.</summary>
internal static class Problem
{
    /// <summary>One problem.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="code">Stable, for programs: lower case with hyphens.</param>
    /// <param name="detail">For people: what is wrong, and what to do.</param>
    internal static ProblemHttpResult Of(int status, string code, string detail) =>
        TypedResults.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?> { ["code"] = code });

    /// <summary>For answers that have a status and nothing else: unknown addresses, wrong methods.</summary>
    internal static Task WriteAsync(StatusCodeContext answer)
    {
        HttpContext context = answer.HttpContext;
        string asked = $"{context.Request.Method} {context.Request.Path}";
        ProblemHttpResult problem = context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => Of(404, "not-found", $"there is nothing at {asked}"),
            StatusCodes.Status405MethodNotAllowed => Of(405, "method-not-allowed", $"{asked} is not possible; {context.Response.Headers.Allow} is"),
            int other => Of(other, $"http-{other}", $"{asked} could not be answered"),
        };
        return problem.ExecuteAsync(context);
    }

    /// <summary>For exceptions: a request that can't be read is its sender's fault, everything else is this program's, and is logged.</summary>
    internal static void Handle(ExceptionHandlerOptions options)
    {
        options.StatusCodeSelector = exception => exception is BadHttpRequestException request ? request.StatusCode : StatusCodes.Status500InternalServerError;
        options.ExceptionHandler = context => Of(context.Features.Get<IExceptionHandlerFeature>()?.Error).ExecuteAsync(context);
    }

    private static ProblemHttpResult Of(Exception? exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } request => Of(413, "request-too-large", request.Message),
        BadHttpRequestException request => Of(request.StatusCode, "bad-request", request.Message),
        _ => Of(500, "internal-error", "this is a defect of the server; its log says more"),
    };
}
