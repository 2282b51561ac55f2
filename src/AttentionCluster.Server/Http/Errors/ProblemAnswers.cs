using AttentionCluster.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Http.Errors;

/// <summary>
/// Gives every error of the application problem details with a code: unknown addresses, wrong methods, requests that the server can't
/// read, and failures of the program, of which nothing inner is told.
/// </summary>
internal sealed class ProblemAnswers : IStartupFilter
{
    /// <summary>
    /// The methods of RFC 9110 and 5789: one of them is refused where it has no meaning (405), any other everywhere (501).
    /// </summary>
    private static readonly string[] s_methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

    /// <summary>Puts itself before everything else in the application.</summary>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
    {
        application.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector =
                problem => problem is BadHttpRequestException request ? request.StatusCode : StatusCodes.Status500InternalServerError,
        });
        application.UseStatusCodePages();
        application.Use(FollowStandardAsync);
        next(application);
    };

    /// <summary>What RFC 9110 and 9111 leave to no endpoint.</summary>
    private static Task FollowStandardAsync(HttpContext context, RequestDelegate next)
    {
        // There is one form of each answer, so nothing is negotiated (12.5.1 allows that); ASP.NET would give an error without its words to
        // who asks for tensors.
        context.Request.Headers.Remove(HeaderNames.Accept);

        // The state of a job changes by the second, and a cache without another word may keep it for hours. Results stay what they are, and
        // have a tag to be asked by.
        context.Response.OnStarting(() =>
        {
            if (context.Response.Headers.CacheControl.Count == 0)
                context.Response.Headers.CacheControl = "no-cache";
            return Task.CompletedTask;
        });
        return s_methods.Contains(context.Request.Method)
            ? next(context)
            : Problems.Of(ErrorCode.MethodNotKnown, $"nothing here knows the method of this request; /openapi/v1.json lists what there is")
                .ExecuteAsync(context);
    }

    /// <summary>Adds the code, and words where there are none.</summary>
    internal static void Complete(ProblemDetailsContext context)
    {
        int status = context.ProblemDetails.Status ?? context.HttpContext.Response.StatusCode;
        context.ProblemDetails.Extensions.TryAdd(Problems.CodeMember, ProblemCodes.CodeOf(status).Name());
        context.ProblemDetails.Detail ??= status switch
        {
            StatusCodes.Status404NotFound =>
                $"there is nothing at {context.HttpContext.Request.Path}; /openapi/v1.json lists what there is",
            StatusCodes.Status405MethodNotAllowed => $"{context.HttpContext.Request.Method} means nothing at "
                + $"{context.HttpContext.Request.Path}; /openapi/v1.json lists what does",
            >= StatusCodes.Status500InternalServerError =>
                "the request failed for a reason that the node's log has; send it again, and report this if it fails again",
            _ => "the request can't be read; /openapi/v1.json says what is wanted",
        };
    }
}
