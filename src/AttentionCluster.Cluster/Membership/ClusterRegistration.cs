using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Akka.Remote.Hosting;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Store;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AttentionCluster.Cluster.Membership;

/// <summary>Puts a node together: store, data plane, compute threads, and the actor system that joins them to a cluster.</summary>
public static class ClusterRegistration
{
    /// <summary>The name of the actor system, the same on all nodes.</summary>
    public const string SystemName = "attention";

    internal const string GatewayRole = "gateway";
    internal const string WorkerRole = "worker";

    /// <summary>Adds a node that is gateway and worker of its own cluster. An <see cref="IDataPlane"/> that was added before is kept.</summary>
    /// <param name="services">Where <see cref="IAttentionService"/>, <see cref="TensorStore"/> and <see cref="ClusterMembership"/> are added.</param>
    /// <param name="options">Validated options.</param>
    public static IServiceCollection AddAttentionCluster(this IServiceCollection services, NodeOptions options)
    {
        MemoryShares shares = MemoryShares.From(options);
        services.AddSingleton(options);
        services.AddSingleton(shares);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ => new TensorStore(options.DataDirectory));
        services.AddSingleton(provider => new OfferedBytes(
            options.Name, shares.Partials, options.OfferAgeMax, provider.GetRequiredService<TimeProvider>(), (ulong)Random.Shared.NextInt64()));
        services.TryAddSingleton<IDataPlane>(provider => new InProcessDataPlane(
            provider.GetRequiredService<TensorStore>(), provider.GetRequiredService<OfferedBytes>(), options.ChunkBytes));
        services.AddSingleton(_ => new ComputePool(options.Threads, SegmentEntity.TasksMax));
        services.AddSingleton(provider => new TaskRunner(
            options.Name, provider.GetRequiredService<IDataPlane>(), provider.GetRequiredService<ComputePool>(), shares,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ClusterMembership>();
        services.AddSingleton<IAttentionService>(provider => new AttentionService(
            provider.GetRequiredService<IRequiredActor<JobsSupervisor>>().ActorRef, provider.GetRequiredService<TensorStore>(),
            provider.GetRequiredService<IDataPlane>(), shares, options, provider.GetRequiredService<TimeProvider>()));
        services.AddAkka(SystemName, (builder, provider) => Configure(builder, provider, options));
        return services;
    }

    private static void Configure(AkkaConfigurationBuilder builder, IServiceProvider provider, NodeOptions options)
    {
        builder
            .ConfigureLoggers(loggers =>
            {
                loggers.LogLevel = Akka.Event.LogLevel.WarningLevel;
                loggers.ClearLoggers();
                loggers.AddLoggerFactory();
            })
            .AddHocon(AkkaSettings.ForEveryNode(), HoconAddMode.Prepend)
            .AddHocon(AkkaSettings.ForSingleNode(), HoconAddMode.Prepend)
            .WithRemoting(options.ClusterAddress.Host, options.ClusterAddress.Port)
            .WithClustering(new ClusterOptions { Roles = [GatewayRole, WorkerRole] })
            .WithActors(async (system, registry, _) =>
            {
                IActorRef segments = await StartSegmentsAsync(system, provider, options).ConfigureAwait(false);
                registry.Register<SegmentRouting>(segments);
                IActorRef jobs = system.ActorOf(Props.Create(() => new JobsSupervisor(segments)), "jobs");
                registry.Register<JobsSupervisor>(jobs);
            });
    }

    private static Task<IActorRef> StartSegmentsAsync(ActorSystem system, IServiceProvider provider, NodeOptions options)
    {
        TaskRunner runner = provider.GetRequiredService<TaskRunner>();
        IDataPlane dataPlane = provider.GetRequiredService<IDataPlane>();
        return ClusterSharding.Get(system).StartAsync(
            SegmentRouting.Region,
            Props.Create(() => new SegmentEntity(runner, dataPlane, options.Name)),
            ClusterShardingSettings.Create(system).WithRole(WorkerRole),
            new SegmentRouting());
    }
}
