using System.Security.Cryptography;
using AttentionCluster.Cluster.Store;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>Adds the tensor store, and what makes its rows and the node's partials available.</summary>
internal static class DataPlaneHosting
{
    /// <param name="services">Where they are added. An <see cref="IDataPlane"/> that was added before is kept.</param>
    /// <param name="options">The node.</param>
    /// <param name="partialBytes">What partials may take until they are pulled.</param>
    internal static IServiceCollection AddDataPlane(this IServiceCollection services, NodeOptions options, long partialBytes)
    {
        services.AddSingleton(_ => new TensorStore(options.DataDirectory));
        services.AddSingleton(provider => new PublishedPayloads(
            options.Name, partialBytes, options.OfferAgeMax, provider.GetRequiredService<TimeProvider>(), RandomId()));
        services.TryAddSingleton<IDataPlane>(provider => new InProcessDataPlane(
            provider.GetRequiredService<TensorStore>(), provider.GetRequiredService<PublishedPayloads>(), options.ChunkBytes));
        return services;
    }

    /// <summary>Where the ids of published payloads start. Below 2^63, so that they can't run out.</summary>
    private static ulong RandomId() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) >> 1;
}
