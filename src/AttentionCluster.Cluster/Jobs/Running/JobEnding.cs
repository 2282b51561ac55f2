using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>How a job ends, at whichever step.</summary>
/// <param name="State">Succeeded, failed or cancelled.</param>
/// <param name="Reason">Why, when it failed.</param>
internal sealed record JobEnding(JobState State, Refusal? Reason)
{
    internal static JobEnding Succeeded { get; } = new(JobState.Succeeded, null);

    internal static JobEnding Cancelled { get; } = new(JobState.Cancelled, null);

    internal static JobEnding Failed(Refusal reason) => new(JobState.Failed, reason);
}
