using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Server.Jobs;

/// <summary>Where a job is at one moment.</summary>
/// <param name="State">In its life.</param>
/// <param name="TasksDone">Tasks whose partial has been merged.</param>
/// <param name="FlopsDone">Their floating-point operations.</param>
/// <param name="Report">What it says of itself; null until it has ended, and when it was cancelled before it ran.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Result">The result's file; null without one.</param>
internal sealed record JobStatus(
    JobState State, int TasksDone = 0, double FlopsDone = 0, JobReport? Report = null, Refusal? Error = null, JobResult? Result = null)
{
    /// <summary>Whether nothing changes any more.</summary>
    internal bool HasEnded => State is JobState.Succeeded or JobState.Failed or JobState.Cancelled;
}
