using AttentionCluster.Chaos.Jobs;

namespace AttentionCluster.Chaos.Killing;

/// <summary>A job of a client, before it is sent.</summary>
/// <param name="Work">What it computes.</param>
/// <param name="IsSentTwice">Whether the same request goes to both gateways at once; there must be one job.</param>
/// <param name="IsRepeated">Whether the same request is sent again when the job has ended; it must name the same job.</param>
/// <param name="CancelledAfterMs">How long after its acceptance it is cancelled and removed; null when it may end.</param>
/// <param name="IsKept">Whether it is looked at once more after the last kill, instead of being removed when it has been compared.</param>
internal sealed record PlannedSubmission(JobWork Work, bool IsSentTwice, bool IsRepeated, int? CancelledAfterMs, bool IsKept);
