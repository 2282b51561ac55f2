using AttentionCluster.Cluster;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Cluster.Store;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Server.DataPlane;

/// <summary>Makes a node one of several.</summary>
internal static class DataPlaneRegistration
{
    /// <summary>
    /// Adds the HTTP data plane: what pulls from other nodes, as <see cref="IDataPlane"/>, and the server that they pull from. To be
    /// called before <see cref="Cluster.Hosting.ClusterHosting.AddAttentionCluster"/>, so that the server listens before the node joins.
    /// </summary>
    /// <param name="services">Where they are added.</param>
    /// <param name="options">Validated options.</param>
    public static IServiceCollection AddHttpDataPlane(this IServiceCollection services, DataPlaneOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(provider => new HttpDataPlane(
            provider.GetRequiredService<TensorStore>(), provider.GetRequiredService<PublishedPayloads>(),
            provider.GetRequiredService<NodeOptions>().ChunkBytes, options, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IDataPlane>(provider => provider.GetRequiredService<HttpDataPlane>());
        services.AddHostedService<DataPlaneServer>();
        return services;
    }
}
