using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Tests.DataPlane;

/// <summary>Two ends of a data plane; they may be the same.</summary>
/// <param name="Store">What rows are read from.</param>
/// <param name="Source">The end that offers payloads.</param>
/// <param name="Destination">The end that pulls rows and payloads.</param>
/// <param name="Owned">Disposed at the end, in this order.</param>
internal sealed record DataPlaneUnderTest(
    TensorStore Store, IDataPlane Source, IDataPlane Destination, params IAsyncDisposable[] Owned) : IAsyncDisposable
{
    /// <summary>Offers within limits that a test does not reach.</summary>
    internal static PublishedPayloads IsPublished(string node) =>
        new(node, 1L << 30, TimeSpan.FromHours(1), TimeProvider.System, lastId: 0);

    /// <summary>A tensor of rows of floats, as the destination knows it.</summary>
    internal TensorSource Tensor(string id, int width) =>
        new(id, width * sizeof(float), Source.Address);

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable owned in Owned)
            await owned.DisposeAsync();
    }
}
