namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>The contract between two nodes.</summary>
public sealed class HttpDataPlaneTests : DataPlaneContract
{
    private protected override async Task<DataPlaneUnderTest> CreateAsync(string directory, int chunkBytes)
    {
        HttpNode source = await HttpNode.StartAsync("source", directory: directory);
        HttpNode destination = await HttpNode.StartAsync("destination", chunkBytes: chunkBytes);
        return new DataPlaneUnderTest(source.Store, source.Plane, destination.Plane, destination, source);
    }
}
