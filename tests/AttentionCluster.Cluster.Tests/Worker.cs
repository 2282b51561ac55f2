using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Tests.DataPlane;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests;

/// <summary>A worker without a cluster, and a small job for it: two KV heads for four query heads, four segments of 20 keys.</summary>
internal sealed class Worker : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TensorStore _store;
    private readonly PublishedPayloads _published = DataPlaneUnderTest.IsPublished("worker");
    private readonly ComputePool _pool = new(threads: 2, queueMax: 100);
    private readonly List<TensorFile> _files = [];

    internal Worker(ElementType type = ElementType.Float32)
    {
        _store = new TensorStore(_folder.Path);
        DataPlane = new InterceptedDataPlane(new InProcessDataPlane(_store, _published, chunkBytes: 1000));
        Query = Import("q", type, new TensorShape(1, 4, 50, 12), seed: 1);
        Key = Import("k", type, new TensorShape(1, 2, 80, 12), seed: 2);
        Value = Import("v", type, new TensorShape(1, 2, 80, 7), seed: 3);
        Plan = Plans.Of(Query.Shape, Key.Shape, Value.Shape,
            new AttentionOptions { Causal = true, RowsPerBlock = 20, KeysPerSegment = 20 });
        Runner = new TaskRunner("worker", DataPlane, _pool, new MemoryShares(1 << 20, 1 << 20, 1 << 20), TimeProvider.System);
    }

    internal InterceptedDataPlane DataPlane { get; }

    internal TaskRunner Runner { get; }

    internal AttentionPlan Plan { get; }

    internal StoredTensor Query { get; }

    internal StoredTensor Key { get; }

    internal StoredTensor Value { get; }

    internal ComputeTask Task(int block, int segment, string job = "job", int attempt = 1) =>
        ComputeTasks.Of(Plan, Query, Key, Value, block, segment, job, attempt);

    public void Dispose()
    {
        Runner.Dispose();
        _pool.Dispose();
        _published.Dispose();
        _files.ForEach(file => file.Dispose());
        _store.Dispose();
        _folder.Dispose();
    }

    private StoredTensor Import(string id, ElementType type, TensorShape shape, ulong seed)
    {
        TensorFile file = TensorFiles.Write(Path.Combine(_folder.Path, id + ".st"), type, shape, seed);
        _files.Add(file);
        return _store.Import(id, file, file.Entries[0], shape);
    }
}
