using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Tests.DataPlane;

public sealed class InProcessDataPlaneTests : DataPlaneContract
{
    protected override DataPlaneUnderTest Create(string directory, int chunkBytes)
    {
        var store = new TensorStore(directory);
        var plane = new InProcessDataPlane(store, "node", chunkBytes);
        return new DataPlaneUnderTest(store, plane, plane, plane, store);
    }
}
