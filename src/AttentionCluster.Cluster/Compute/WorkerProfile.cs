using AttentionCluster.Cluster.Versions;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;

namespace AttentionCluster.Cluster.Compute;

/// <summary>What a worker tells of itself: its memory, its instructions, and the speed that it has measured.</summary>
internal sealed class WorkerProfile
{
    /// <summary>How much the latest task counts for the speed: the last ten or so decide.</summary>
    private const double LatestShare = 0.1;

    private readonly WorkerDescription _description;

    internal WorkerProfile(string node, int threads, MemoryShares shares)
    {
        _description = new WorkerDescription
        {
            Name = node,
            Threads = threads,
            SegmentBytesMax = shares.Segments,
            QueryBytesMax = shares.Queries,
            PartialBytesMax = shares.Partials,
        };
        _description.TaskFields.AddRange(TaskFields.All);
        _description.Families.AddRange(KernelCatalog.Families.Select(family => (int)family));
        _description.Kernels.AddRange(KernelCatalog.Paths.Where(KernelPaths.IsSupported).Select(path => (int)path));
    }

    internal string Name => _description.Name;

    /// <summary>From now on others are told that it leaves.</summary>
    internal void Leaves() => _description.IsLeaving = true;

    /// <summary>Counts a task that was computed.</summary>
    /// <param name="flops">Its work; 0 when that is not known.</param>
    /// <param name="seconds">How long one thread took.</param>
    internal void Measure(double flops, double seconds)
    {
        if (flops == 0 || seconds == 0)
            return;
        double latest = flops / seconds * _description.Threads / 1e9;
        _description.Gflops = _description.Gflops == 0 ? latest : _description.Gflops + (LatestShare * (latest - _description.Gflops));
    }

    /// <summary>A message of its own: what was sent must not change.</summary>
    /// <param name="segmentBytes">What packed segments take now.</param>
    internal WorkerDescription ToMessage(long segmentBytes)
    {
        _description.SegmentBytes = segmentBytes;
        return _description.Clone();
    }
}
