using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Tests.DataPlane;

/// <summary>Two ends of a data plane; they may be the same.</summary>
/// <param name="Store">What rows are read from.</param>
/// <param name="Source">The end that offers payloads.</param>
/// <param name="Destination">The end that pulls rows and payloads.</param>
/// <param name="Owned">Disposed at the end, in this order.</param>
public sealed record DataPlaneUnderTest(
    TensorStore Store, IDataPlane Source, IDataPlane Destination, params IDisposable[] Owned) : IDisposable
{
    public void Dispose()
    {
        foreach (IDisposable owned in Owned)
            owned.Dispose();
    }
}
