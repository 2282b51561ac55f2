using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Tests.DataPlane;

public sealed class InProcessDataPlaneTests : DataPlaneContract
{
    private protected override Task<DataPlaneUnderTest> CreateAsync(string directory, int chunkBytes)
    {
        var store = new TensorStore(directory);
        PublishedPayloads published = DataPlaneUnderTest.IsPublished("node");
        var plane = new InProcessDataPlane(store, published, chunkBytes);
        return Task.FromResult(new DataPlaneUnderTest(store, plane, plane, new Owned(published, store)));
    }
}
