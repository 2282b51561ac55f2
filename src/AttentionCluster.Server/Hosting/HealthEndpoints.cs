using AttentionCluster.Core;
using AttentionCluster.Server.Http.Errors;
using AttentionCluster.Server.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AttentionCluster.Server.Hosting;

/// <summary>
/// <c>GET /healthz/live</c>: 503 means that the process is of no use any more. <c>GET /healthz/ready</c>: 503 means not to send it
/// anything now.
/// </summary>
internal static class HealthEndpoints
{
    /// <summary>The tag that Akka's own liveness check has.</summary>
    private const string Live = "liveness";
    private const string Ready = "readiness";

    internal static IServiceCollection AddNodeHealth(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck<Readiness>("node", tags: [Ready]);
        return services;
    }

    internal static void MapNodeHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks("/healthz/live", Checks(Live, ErrorCode.NotLive)).AllowAnonymous().WithHead();
        endpoints.MapHealthChecks("/healthz/ready", Checks(Ready, ErrorCode.NotReady)).AllowAnonymous().WithHead();
    }

    private static HealthCheckOptions Checks(string tag, ErrorCode code) => new()
    {
        Predicate = check => check.Tags.Contains(tag),
        ResponseWriter = (context, report) => WriteAsync(context, report, code),
    };

    private static Task WriteAsync(HttpContext context, HealthReport report, ErrorCode code) =>
        report.Status == HealthStatus.Healthy
            ? TypedResults.Text("""{"status":"ok"}""", "application/json").ExecuteAsync(context)
            : Problems.Of(code, Reasons(report)).ExecuteAsync(context);

    private static string Reasons(HealthReport report) => string.Join("; ", report.Entries.Values
        .Where(entry => entry.Status != HealthStatus.Healthy)
        .Select(entry => entry.Description ?? entry.Exception?.Message ?? "no reason"));
}
