using Akka.Actor;
using Akka.Hosting;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Store;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>
/// Adds to a gateway what runs its jobs. <see cref="JournalRemoval"/> is registered before on a gateway whose jobs outlive it.
/// </summary>
internal static class JobsHosting
{
    internal static IServiceCollection AddJobs(this IServiceCollection services, NodeOptions options)
    {
        if (!options.Roles.HasFlag(NodeRoles.Gateway))
            return services;
        if (options.Journal is not null)
        {
            services.AddSingleton(provider => new JobJournal(
                provider.GetRequiredService<IRequiredActor<JobsSupervisor>>().ActorRef, provider.GetRequiredService<TimeProvider>()));
        }

        return services.AddSingleton<IAttentionService>(provider => new AttentionService(
            provider.GetRequiredService<IRequiredActor<JobsSupervisor>>().ActorRef, provider.GetService<JobJournal>(),
            provider.GetRequiredService<WorkerTable>(), provider.GetRequiredService<TensorStore>(),
            provider.GetRequiredService<IDataPlane>(),
            provider.GetRequiredService<MemoryShares>(), options, provider.GetRequiredService<TimeProvider>()));
    }

    internal static AkkaConfigurationBuilder WithJobs(this AkkaConfigurationBuilder builder, NodeOptions options) =>
        options.Roles.HasFlag(NodeRoles.Gateway) ? builder.WithActors(Start) : builder;

    private static void Start(ActorSystem system, IActorRegistry registry)
    {
        IActorRef segments = registry.Get<SegmentEntity>();
        IActorRef roster = registry.Get<WorkerRoster>();
        IActorRef removal = registry.TryGet<JournalRemoval>(out IActorRef? journaled) ? journaled : ActorRefs.Nobody;
        var jobs = Props.Create(() => new JobsSupervisor(segments, roster, removal, null));
        registry.Register<JobsSupervisor>(system.ActorOf(jobs, "jobs"));
    }
}
