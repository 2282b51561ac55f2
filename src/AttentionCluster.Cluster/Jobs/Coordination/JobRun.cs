using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Jobs.Reduction;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>All that a coordinator is given.</summary>
/// <param name="Request">The job and its tensors.</param>
/// <param name="Plan">Its plan.</param>
/// <param name="SegmentBytes">What a packed segment takes, in bytes.</param>
/// <param name="Limits">The bounds of its coordinator.</param>
/// <param name="DataPlane">Where partials come from, and where workers find the tensors.</param>
/// <param name="Assembly">Merges the partials, and writes rows.</param>
/// <param name="Clock">For the compute phase.</param>
/// <param name="Progress">Told after every merged task; may be null.</param>
/// <param name="End">Completed when the job has ended.</param>
internal sealed record JobRun(
    JobRequest Request, AttentionPlan Plan, long SegmentBytes, JobLimits Limits, IDataPlane DataPlane, BlockAssembly Assembly,
        TimeProvider Clock,
    IProgress<JobProgress>? Progress, TaskCompletionSource<JobEnd> End)
{
    /// <summary>
    /// The name of the job in messages to workers and shards. A coordinator that goes on where another one died has a new name, so that
    /// late answers to tasks of the dead one do not reach it.
    /// </summary>
    internal string Name { get; init; } = Request.Id;

    /// <summary>The names that the job had under coordinators that died.</summary>
    internal IReadOnlyList<string> FormerNames { get; init; } = [];

    /// <summary>Blocks that are not computed any more: their rows are in the result.</summary>
    internal IReadOnlyCollection<int> BlocksDone { get; init; } = [];

    /// <summary>Told of every block whose rows have been written; null for a job without a journal.</summary>
    internal Action<BlockWritten>? Written { get; init; }
}
