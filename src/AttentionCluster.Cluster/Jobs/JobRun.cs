using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Reports;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>All that a coordinator is given.</summary>
/// <param name="Request">The job and its tensors.</param>
/// <param name="Plan">Its plan.</param>
/// <param name="SegmentBytes">What a packed segment takes, in bytes.</param>
/// <param name="Limits">Its bounds.</param>
/// <param name="DataPlane">Where partials come from.</param>
/// <param name="Holders">Where workers get the tensors.</param>
/// <param name="Assembly">Where they go.</param>
/// <param name="Clock">For the compute phase.</param>
/// <param name="Progress">Told after every merged task; may be null.</param>
/// <param name="End">Completed when the job has ended.</param>
internal sealed record JobRun(
    JobRequest Request, AttentionPlan Plan, long SegmentBytes, JobLimits Limits, IDataPlane DataPlane, TensorHolders Holders, BlockAssembly Assembly, TimeProvider Clock,
    IProgress<JobProgress>? Progress, TaskCompletionSource<JobEnd> End)
{
    /// <summary>
    /// What the job is called where it is computed. A coordinator that goes on where a dead one was has another name: what that one's tasks still do, or
    /// answer, is nothing to it.
    /// </summary>
    internal string Name { get; init; } = Request.Id;

    /// <summary>The names that it had under dead coordinators.</summary>
    internal IReadOnlyList<string> FormerNames { get; init; } = [];

    /// <summary>Blocks that are not computed any more: their rows are in the result.</summary>
    internal IReadOnlyCollection<int> BlocksDone { get; init; } = [];

    /// <summary>Told of every block whose rows have been written; null when nobody journals.</summary>
    internal Action<BlockWritten>? Written { get; init; }
}
