using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>What the coordinator leaves behind.</summary>
/// <param name="State">How the job ended.</param>
/// <param name="Reason">Why, when it failed.</param>
/// <param name="Tally">What was counted.</param>
/// <param name="IsIdle">
/// Whether no pull or merge is under way any more: not so when the coordinator was stopped from outside, and then the
/// memory that they use must not be freed under them.
/// </param>
internal sealed record JobEnd(JobState State, Refusal? Reason, JobTally Tally, bool IsIdle);
