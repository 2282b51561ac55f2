using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Hosting;
using AttentionCluster.Server.DataPlane;
using AttentionCluster.Server.Http;
using AttentionCluster.Server.Http.Connections;
using AttentionCluster.Server.Http.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.Hosting;

/// <summary>What a serving node consists of. The order of services is that in which they start; they stop in the opposite one.</summary>
internal static class ServingApplication
{
    internal static WebApplication Build(ServeOptions options)
    {
        bool isGateway = options.Node.Roles.HasFlag(NodeRoles.Gateway);

        // The empty builder reads no configuration file, no environment and no command line: all of that has been read, once.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.Services.AddSingleton(options.Http);
        AddLogging(builder.Services, options.LogLevel);

        builder.Services.AddHttpDataPlane(options.DataPlane);
        builder.Services.AddAttentionCluster(options.Node);
        if (isGateway)
            builder.Services.AddAttentionApi(options.Jobs);

        PublicListener? listener = null;
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => listener!.Configure(kestrel));
        builder.Services.AddRoutingCore();
        builder.Services.AddProblemAnswers();
        builder.Services.AddNodeHealth();
        listener = new PublicListener(options.Http);
        builder.Services.AddSingleton(listener);
        builder.Services.AddSingleton(new CleartextHttp2(options.Http.IdleTimeout, options.Http.HeaderTimeout));
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => services.GetRequiredService<CleartextHttp2>());
        builder.Services.AddSingleton(services => new ConnectionLimits(
            options.Http.ConnectionsMax, options.Http.ConnectionsOfOneAddress, services.GetRequiredService<ILogger<ConnectionLimits>>()));

        WebApplication application = builder.Build();
        application.UseRouting();
        application.UseMiddleware<ConnectionGate>();
        application.UseMiddleware<LeavingNode>();
        application.UseMiddleware<TokenRequired>();
        application.UseMiddleware<HostAndOriginCheck>();
        application.MapNodeHealth();
        application.MapCluster();
        if (isGateway)
            application.MapAttentionApi();
        return application;
    }

    /// <summary>
    /// Logs go to standard error: standard output is for the one line that says where the node is. Why a node is not ready is in the
    /// answer to who asked, why it did not start is said by who wanted that, and the steps of every single request are for those who
    /// look for a defect.
    /// </summary>
    private static void AddLogging(IServiceCollection services, LogLevel level) => services.AddLogging(logging => logging
        .SetMinimumLevel(level)
        .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
        .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
        .AddFilter("Microsoft.AspNetCore", level == LogLevel.Information ? LogLevel.Warning : level)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffzzz ";
        })
        .Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console =>
            console.LogToStandardErrorThreshold = LogLevel.Trace));
}
