using Akka.Hosting;
using AttentionCluster.Cluster.DataPlane.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace AttentionCluster.Cluster.Hosting;

/// <summary>What every actor system of the product has: the settings that come with it, the host's loggers, and a liveness check.</summary>
internal static class AkkaHosting
{
    internal static AkkaConfigurationBuilder WithSettings(this AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        builder
            .ConfigureLoggers(loggers =>
            {
                loggers.LogLevel = LogLevelOf(provider);
                loggers.ClearLoggers();
                loggers.AddLoggerFactory();
            })
            .AddHocon(AkkaSettings.ForEveryNode(), HoconAddMode.Prepend)
            .WithActorSystemLivenessCheck();

        // A node without a data plane for others is a cluster of itself alone.
        return provider.GetService<DataPlaneOptions>() is null
            ? builder.AddHocon(AkkaSettings.ForSingleNode(), HoconAddMode.Prepend)
            : builder;
    }

    /// <summary>Akka hands to the host's loggers what they would not drop.</summary>
    private static Akka.Event.LogLevel LogLevelOf(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<LoggerFilterOptions>>().Value.MinLevel switch
        {
            LogLevel.Trace or LogLevel.Debug => Akka.Event.LogLevel.DebugLevel,
            LogLevel.Information => Akka.Event.LogLevel.InfoLevel,
            LogLevel.Warning => Akka.Event.LogLevel.WarningLevel,
            _ => Akka.Event.LogLevel.ErrorLevel,
        };
}
