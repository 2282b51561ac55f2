using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Cluster.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Cluster.Membership;

/// <summary>Adds a node's membership in its cluster: how it joins and leaves, proves its identity, and knows the workers.</summary>
internal static class MembershipHosting
{
    internal static IServiceCollection AddMembership(this IServiceCollection services, NodeOptions options)
    {
        if (options.Journal is not null && options.Roles.HasFlag(NodeRoles.Gateway))
            services.AddSingleton(new RememberedNodes(options.DataDirectory));
        return services
            .AddSingleton(provider =>
                provider.GetService<DataPlaneOptions>() is { } plane ? new ClusterKeys(plane.Secret) : ClusterKeys.OfOneNode())
            .AddSingleton(_ => new ClusterId(options.DataDirectory))
            .AddSingleton<NodeIdentities>()
            .AddSingleton<WorkerTable>()
            .AddSingleton<DrainRequest>()
            .AddSingleton(provider => new ClusterMembership(
                provider.GetRequiredService<ActorSystem>(), provider.GetRequiredService<WorkerTable>(),
                    provider.GetRequiredService<NodeIdentities>(),
                provider.GetRequiredService<ClusterId>(), provider.GetRequiredService<DrainRequest>(), options.Version,
                    provider.GetService<RememberedNodes>(),
                provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<IClusterView>(provider => provider.GetRequiredService<ClusterMembership>());
    }

    internal static AkkaConfigurationBuilder WithMembership(
        this AkkaConfigurationBuilder builder, IServiceProvider provider, NodeOptions options) => builder
        .AddSetup(new ClusterKeysSetup(provider.GetRequiredService<ClusterKeys>()))
        .WithClustering()
        .AddHocon(NodeName.Roles([.. ClusterNames.RolesOf(options.Roles), .. options.Version.Roles()], options.Name), HoconAddMode.Prepend)
        .AddHocon(options.Version.Settings(), HoconAddMode.Prepend)
        .WithActors((system, registry) => Start(system, registry, provider, options));

    private static void Start(ActorSystem system, IActorRegistry registry, IServiceProvider provider, NodeOptions options)
    {
        WorkerTable table = provider.GetRequiredService<WorkerTable>();
        NodeIdentities identities = provider.GetRequiredService<NodeIdentities>();
        TimeSpan? lookInterval = options.Roles.HasFlag(NodeRoles.Gateway) ? options.LookInterval : null;
        var roster = Props.Create(() => new WorkerRoster(table, identities, options.Version, lookInterval));
        registry.Register<WorkerRoster>(system.ActorOf(roster, "roster"));

        // A node without a data plane for others is a cluster of itself alone, and has a secret that nobody else knows.
        if (provider.GetService<DataPlaneOptions>() is not null)
        {
            ClusterKeys keys = provider.GetRequiredService<ClusterKeys>();
            ClusterId id = provider.GetRequiredService<ClusterId>();
            system.ActorOf(Props.Create(() => new Identification(keys, identities, id, options.Name)), Identification.ActorName);
        }

        DrainRequest drain = provider.GetRequiredService<DrainRequest>();
        system.ActorOf(Props.Create(() => new DrainRequest.Receiver(drain)), DrainRequest.Receiver.ActorName);
        if (provider.GetService<RememberedNodes>() is { } remembered)
            system.ActorOf(Props.Create(() => new NodeMemory(remembered)), "node-memory");
    }
}
