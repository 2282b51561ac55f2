using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Tests.DataPlane;

public sealed class InProcessDataPlaneTests : DataPlaneContract
{
    protected override Task<DataPlaneUnderTest> CreateAsync(string directory, int chunkBytes)
    {
        var store = new TensorStore(directory);
        OfferedBytes offered = DataPlaneUnderTest.Offers("node");
        var plane = new InProcessDataPlane(store, offered, chunkBytes);
        return Task.FromResult(new DataPlaneUnderTest(store, plane, plane, new Owned(offered, store)));
    }
}
