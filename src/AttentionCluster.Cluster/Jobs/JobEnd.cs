using AttentionCluster.Core;
using AttentionCluster.Core.Reports;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>What the coordinator leaves behind: how the job ended and what it counted.</summary>
internal sealed record JobEnd(JobState State, Refusal? Reason, JobTally Tally);
