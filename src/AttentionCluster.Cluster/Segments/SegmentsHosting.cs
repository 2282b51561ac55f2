using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using AttentionCluster.Cluster.Membership;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Cluster.Segments;

/// <summary>
/// Adds the shard region of segments. Akka.Hosting's WithShardRegion takes no allocation strategy, so the region is started without it.
/// </summary>
internal static class SegmentsHosting
{
    internal static IServiceCollection AddSegments(this IServiceCollection services) => services.AddSingleton<ShardWeightTable>();

    /// <summary>Starts the region on a worker, and a proxy that sends to it on other nodes.</summary>
    internal static AkkaConfigurationBuilder WithSegments(
        this AkkaConfigurationBuilder builder, IServiceProvider provider, NodeOptions options) =>
        builder.WithActors(async (system, registry, _) =>
        {
            WorkerTable workers = provider.GetRequiredService<WorkerTable>();
            ShardWeightTable weights = provider.GetRequiredService<ShardWeightTable>();
            registry.Register<SegmentEntity>(await StartAsync(system, workers, weights, options).ConfigureAwait(false));
        });

    private static Task<IActorRef> StartAsync(ActorSystem system, WorkerTable workers, ShardWeightTable weights, NodeOptions options)
    {
        ClusterSharding sharding = ClusterSharding.Get(system);
        var routing = new SegmentRouting();
        if (!options.Roles.HasFlag(NodeRoles.Worker))
            return sharding.StartProxyAsync(SegmentRouting.Region, ClusterNames.WorkerRole, routing);
        string name = options.Name;
        return sharding.StartAsync(
            SegmentRouting.Region,
            Props.Create(() => new SegmentEntity(name)),
            ClusterShardingSettings.Create(system).WithRole(ClusterNames.WorkerRole),
            routing,
            new WeighedAllocation(workers, weights),
            PoisonPill.Instance);
    }
}
