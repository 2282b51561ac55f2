using Akka.Hosting;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Running;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Store;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Cluster.Hosting;

/// <summary>Composes a node: what it consists of, and what its actor system starts, in this order.</summary>
internal static class ClusterHosting
{
    /// <summary>
    /// Adds a node. An <see cref="IDataPlane"/> that was added before is kept; a node with seeds needs one that reaches others. Each part
    /// adds only what the node's roles need.
    /// </summary>
    /// <param name="services">
    /// Where <see cref="TensorStore"/> and <see cref="ClusterMembership"/> are added, and <see cref="IAttentionService"/> on a gateway.
    /// </param>
    /// <param name="options">Validated options.</param>
    public static IServiceCollection AddAttentionCluster(this IServiceCollection services, NodeOptions options)
    {
        MemoryShares shares = MemoryShares.From(options);
        JournalOptions? journal = options.Roles.HasFlag(NodeRoles.Gateway) ? options.Journal : null;
        return services
            .AddSingleton(options)
            .AddSingleton(TimeProvider.System)
            .AddJournal(journal, options.DataDirectory)
            .AddDataPlane(options, shares.Partials)
            .AddMembership(options)
            .AddSegments()
            .AddCompute(options, shares)
            .AddJobs(options)
            .AddRemoting(options)
            .AddAkka(ClusterNames.System, (builder, provider) => builder
                .WithJournal(provider, AkkaSettings.ForJournal())
                .WithSettings(provider)
                .WithRemoting(provider, options)
                .WithMembership(provider, options)
                .WithSegments(provider, options)
                .WithCompute(provider, options)
                .WithJobs(options));
    }
}
