using Akka.Actor;
using Akka.Hosting;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Segments;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Cluster.Compute;

/// <summary>Adds the memory shares of a node, and on a worker its threads, and the actor that takes tasks for them.</summary>
internal static class ComputeHosting
{
    internal static IServiceCollection AddCompute(this IServiceCollection services, NodeOptions options, MemoryShares shares)
    {
        services.AddSingleton(shares);
        if (!options.Roles.HasFlag(NodeRoles.Worker))
            return services;
        return services
            .AddSingleton(_ => new ComputePool(options.Threads, WorkerActor.TasksMax))
            .AddSingleton(provider => new TaskRunner(
                options.Name, provider.GetRequiredService<IDataPlane>(), provider.GetRequiredService<ComputePool>(), shares,
                provider.GetRequiredService<TimeProvider>()));
    }

    internal static AkkaConfigurationBuilder WithCompute(
        this AkkaConfigurationBuilder builder, IServiceProvider provider, NodeOptions options)
    {
        // The first phase of the shutdown has this time on every node, whether it has tasks to finish or not.
        builder.AddHocon(WorkerDeparture.Settings(options.LeaveTimeout), HoconAddMode.Prepend);
        return options.Roles.HasFlag(NodeRoles.Worker)
            ? builder.WithActors((system, _) => StartWorker(system, provider, options))
            : builder;
    }

    private static void StartWorker(ActorSystem system, IServiceProvider provider, NodeOptions options)
    {
        TaskRunner runner = provider.GetRequiredService<TaskRunner>();
        IDataPlane dataPlane = provider.GetRequiredService<IDataPlane>();
        MemoryShares shares = provider.GetRequiredService<MemoryShares>();
        ShardWeightTable weights = provider.GetRequiredService<ShardWeightTable>();
        IActorRef worker = system.ActorOf(
            Props.Create(() => new WorkerActor(options.Name, runner, options.Threads, shares, dataPlane, weights)),
                ClusterNames.WorkerActor);
        WorkerDeparture.Arrange(
            system, worker, provider.GetRequiredService<PublishedPayloads>(), options.LeaveTimeout,
                provider.GetRequiredService<TimeProvider>());
    }
}
