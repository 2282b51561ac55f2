using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Remote.Hosting;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Cluster.Identity;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Store;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AttentionCluster.Cluster.Membership;

/// <summary>Puts a node together: store, data plane, compute threads, and the actor system that joins them to a cluster.</summary>
public static class ClusterRegistration
{
    /// <summary>The name of the actor system, the same on all nodes.</summary>
    public const string SystemName = "attention";

    internal const string GatewayRole = "gateway";
    internal const string WorkerRole = "worker";

    /// <summary>Adds a node. An <see cref="IDataPlane"/> that was added before is kept; a node with seeds needs one that reaches others.</summary>
    /// <param name="services">
    /// Where <see cref="TensorStore"/> and <see cref="ClusterMembership"/> are added, and <see cref="IAttentionService"/> on a gateway.
    /// </param>
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
        if (options.Roles.HasFlag(NodeRoles.Worker))
            services.AddWorker(options, shares);
        if (options.Roles.HasFlag(NodeRoles.Gateway))
            services.AddGateway(options, shares);
        services.AddSingleton(provider => provider.GetService<DataPlaneOptions>() is { } plane ? new ClusterKeys(plane.Secret) : ClusterKeys.OfOneNode());
        services.AddSingleton(_ => new ClusterId(options.DataDirectory));
        services.AddSingleton<NodeIdentities>();
        services.AddSingleton<WorkerTable>();
        services.AddSingleton<ShardWeightTable>();
        services.AddSingleton<DrainRequest>();
        services.AddSingleton<TensorHolders>();
        services.AddSingleton(provider => new ClusterMembership(
            provider.GetRequiredService<ActorSystem>(), provider.GetRequiredService<WorkerTable>(), provider.GetRequiredService<NodeIdentities>(),
            provider.GetRequiredService<ClusterId>(), provider.GetRequiredService<DrainRequest>(), options.Version, provider.GetService<RememberedNodes>()));
        services.AddSingleton<IClusterView>(provider => provider.GetRequiredService<ClusterMembership>());
        if (options.Tls is { } tls)
            services.AddSingleton(_ => NodeCertificates.Load(tls));
        services.AddHostedService<ClusterListener>();
        services.AddAkka(SystemName, (builder, provider) => Configure(builder, provider, options));
        return services;
    }

    private static void AddWorker(this IServiceCollection services, NodeOptions options, MemoryShares shares)
    {
        services.AddSingleton(_ => new ComputePool(options.Threads, WorkerActor.TasksMax));
        services.AddSingleton(provider => new TaskRunner(
            options.Name, provider.GetRequiredService<IDataPlane>(), provider.GetRequiredService<ComputePool>(), shares,
            provider.GetRequiredService<TimeProvider>()));
    }

    private static void AddGateway(this IServiceCollection services, NodeOptions options, MemoryShares shares)
    {
        if (options.Journal is { } journal)
        {
            services.AddSingleton(new JournalDatabase(journal, options.DataDirectory));
            services.AddSingleton(new RememberedNodes(options.DataDirectory));
            services.AddHostedService<JournalOpening>();
            services.AddSingleton(provider => new JobJournal(
                provider.GetRequiredService<IRequiredActor<JobEntity>>().ActorRef, provider.GetRequiredService<TimeProvider>()));
        }

        services.AddSingleton<IAttentionService>(provider => new AttentionService(
            provider.GetRequiredService<IRequiredActor<JobsSupervisor>>().ActorRef, provider.GetService<JobJournal>(), provider.GetRequiredService<WorkerTable>(),
            provider.GetRequiredService<TensorStore>(),
            provider.GetRequiredService<IDataPlane>(), provider.GetRequiredService<TensorHolders>(), shares, options, provider.GetRequiredService<TimeProvider>()));
    }

    private static void Configure(AkkaConfigurationBuilder builder, IServiceProvider provider, NodeOptions options)
    {
        JournalDatabase? journal = provider.GetService<JournalDatabase>();
        if (journal is not null)
            builder.AddHocon(journal.Settings(), HoconAddMode.Prepend);
        builder
            .ConfigureLoggers(loggers =>
            {
                loggers.LogLevel = LogLevelOf(provider);
                loggers.ClearLoggers();
                loggers.AddLoggerFactory();
            })
            .AddHocon(AkkaSettings.ForEveryNode(), HoconAddMode.Prepend)
            .AddHocon(WorkerDeparture.Settings(options.LeaveTimeout), HoconAddMode.Prepend)
            .AddHocon(provider.GetService<DataPlaneOptions>() is null ? AkkaSettings.ForSingleNode() : Config.Empty, HoconAddMode.Prepend)
            .WithRemoting(new RemoteOptions
            {
                HostName = options.ClusterAddress.Host,
                Port = options.ClusterAddress.Port,
                PublicHostName = options.AdvertisedHost,
                EnableSsl = options.Tls is not null,
                Ssl = options.Tls is null ? new SslOptions() : Ssl(provider.GetRequiredService<NodeCertificates>()),
            })
            .AddSetup(new ClusterKeysSetup(provider.GetRequiredService<ClusterKeys>()))
            .WithActorSystemLivenessCheck()
            .WithClustering()
            .AddHocon(NodeName.Roles([.. RolesOf(options), .. options.Version.Roles()], options.Name), HoconAddMode.Prepend)
            .AddHocon(options.Version.Settings(), HoconAddMode.Prepend)
            .WithActors(async (system, registry, _) =>
            {
                IActorRef segments = await StartSegmentsAsync(system, provider, options).ConfigureAwait(false);
                WorkerTable table = provider.GetRequiredService<WorkerTable>();
                NodeIdentities identities = provider.GetRequiredService<NodeIdentities>();
                TimeSpan? lookInterval = options.Roles.HasFlag(NodeRoles.Gateway) ? options.LookInterval : null;
                IActorRef roster = system.ActorOf(Props.Create(() => new WorkerRoster(table, identities, options.Version, lookInterval)), "roster");

                // A node without a data plane for others is its own cluster, and the secret of nobody.
                if (provider.GetService<DataPlaneOptions>() is not null)
                    StartIdentification(system, provider, options.Name);
                DrainRequest drain = provider.GetRequiredService<DrainRequest>();
                system.ActorOf(Props.Create(() => new DrainRequest.Receiver(drain)), DrainRequest.Receiver.ActorName);
                if (options.Roles.HasFlag(NodeRoles.Gateway))
                    registry.Register<JobsSupervisor>(system.ActorOf(Props.Create(() => new JobsSupervisor(segments, roster, null)), "jobs"));
                if (provider.GetService<RememberedNodes>() is { } remembered)
                    system.ActorOf(Props.Create(() => new NodeMemory(remembered)), "node-memory");
                if (journal is not null)
                    registry.Register<JobEntity>(await StartJobsAsync(system, journal, StoreName.Of(options.DataDirectory), segments, roster).ConfigureAwait(false));
            });
    }

    private static void StartIdentification(ActorSystem system, IServiceProvider provider, string name)
    {
        ClusterKeys keys = provider.GetRequiredService<ClusterKeys>();
        NodeIdentities identities = provider.GetRequiredService<NodeIdentities>();
        ClusterId id = provider.GetRequiredService<ClusterId>();
        system.ActorOf(Props.Create(() => new Identification(keys, identities, id, name)), Identification.ActorName);
    }

    /// <summary>What Akka hands to the host's loggers: what they would not drop.</summary>
    private static Akka.Event.LogLevel LogLevelOf(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<LoggerFilterOptions>>().Value.MinLevel switch
        {
            LogLevel.Trace or LogLevel.Debug => Akka.Event.LogLevel.DebugLevel,
            LogLevel.Information => Akka.Event.LogLevel.InfoLevel,
            LogLevel.Warning => Akka.Event.LogLevel.WarningLevel,
            _ => Akka.Event.LogLevel.ErrorLevel,
        };

    /// <summary>Both ends show a certificate, and each checks the other's by the cluster's authority alone.</summary>
    private static SslOptions Ssl(NodeCertificates certificates) => new()
    {
        X509Certificate = certificates.Own,
        RequireMutualAuthentication = true,
        ValidateCertificateHostname = true,
        CustomValidator = (certificate, _, _, errors, _) => certificates.IsPeer(certificate, errors),
    };

    private static IEnumerable<string> RolesOf(NodeOptions options)
    {
        if (options.Roles.HasFlag(NodeRoles.Gateway))
            yield return GatewayRole;
        if (options.Roles.HasFlag(NodeRoles.Worker))
            yield return WorkerRole;
        if (options is { Journal: not null } && options.Roles.HasFlag(NodeRoles.Gateway))
            yield return JobRouting.Region(StoreName.Of(options.DataDirectory));
    }

    /// <summary>The shard region of the jobs of one store, on the gateways that share it.</summary>
    private static Task<IActorRef> StartJobsAsync(ActorSystem system, JournalDatabase journal, string store, IActorRef segments, IActorRef roster)
    {
        IActorRef removal = system.ActorOf(Props.Create(() => new JournalRemoval(journal)), "journal-removal");
        return ClusterSharding.Get(system).StartAsync(
            JobRouting.Region(store),
            Props.Create(() => new JobEntity(removal, segments, roster, null)),
            ClusterShardingSettings.Create(system).WithRole(JobRouting.Region(store)),
            new JobRouting(),
            new OwnersShards(),
            PoisonPill.Instance);
    }

    /// <summary>The shard region on a worker, with the actor that computes; on others what sends to the region.</summary>
    private static Task<IActorRef> StartSegmentsAsync(ActorSystem system, IServiceProvider provider, NodeOptions options)
    {
        ClusterSharding sharding = ClusterSharding.Get(system);
        var routing = new SegmentRouting();
        if (!options.Roles.HasFlag(NodeRoles.Worker))
            return sharding.StartProxyAsync(SegmentRouting.Region, WorkerRole, routing);
        TaskRunner runner = provider.GetRequiredService<TaskRunner>();
        IDataPlane dataPlane = provider.GetRequiredService<IDataPlane>();
        MemoryShares shares = provider.GetRequiredService<MemoryShares>();
        ShardWeightTable weights = provider.GetRequiredService<ShardWeightTable>();
        IActorRef worker = system.ActorOf(
            Props.Create(() => new WorkerActor(options.Name, runner, options.Threads, shares, dataPlane, weights)), WorkerActor.ActorName);
        WorkerDeparture.Arrange(
            system, worker, provider.GetRequiredService<OfferedBytes>(), options.LeaveTimeout, provider.GetRequiredService<TimeProvider>());
        return sharding.StartAsync(
            SegmentRouting.Region,
            Props.Create(() => new SegmentEntity(options.Name)),
            ClusterShardingSettings.Create(system).WithRole(WorkerRole),
            routing,
            new WeighedAllocation(provider.GetRequiredService<WorkerTable>(), weights),
            PoisonPill.Instance);
    }
}
