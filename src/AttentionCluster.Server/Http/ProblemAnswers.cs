using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Server.Http;

/// <summary>
/// Gives every error of the application problem details with a code: unknown addresses, wrong methods, requests that the server can't
/// read, and failures of the program, of which nothing inner is told.
/// </summary>
internal sealed class ProblemAnswers : IStartupFilter
{
    /// <summary>Puts itself before everything else in the application.</summary>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
    {
        application.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = problem => problem is BadHttpRequestException request ? request.StatusCode : StatusCodes.Status500InternalServerError,
        });
        application.UseStatusCodePages();
        next(application);
    };

    /// <summary>Adds the code, and words where there are none.</summary>
    internal static void Complete(ProblemDetailsContext context)
    {
        int status = context.ProblemDetails.Status ?? context.HttpContext.Response.StatusCode;
        context.ProblemDetails.Extensions.TryAdd(Problems.CodeMember, ProblemCodes.CodeOf(status));
        context.ProblemDetails.Detail ??= status switch
        {
            StatusCodes.Status404NotFound => $"there is nothing at {context.HttpContext.Request.Path}; /openapi/v1.json lists what there is",
            StatusCodes.Status405MethodNotAllowed => $"{context.HttpContext.Request.Method} means nothing at {context.HttpContext.Request.Path}; /openapi/v1.json lists what does",
            >= StatusCodes.Status500InternalServerError => "the request failed for a reason that the node's log has; send it again, and report this if it fails again",
            _ => "the request can't be read; /openapi/v1.json says what is wanted",
        };
    }
}
