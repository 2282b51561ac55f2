using AttentionCluster.Cluster.DataPlane;
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
    IProgress<JobProgress>? Progress, TaskCompletionSource<JobEnd> End);
