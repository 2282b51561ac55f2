using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cli.Attend;

/// <summary>How a job ended, here or on a server.</summary>
/// <param name="State">Succeeded, failed or cancelled.</param>
/// <param name="Report">The report; null for a job of a server that ended before it began.</param>
/// <param name="Problem">Why there is no result; null when there is one.</param>
/// <param name="ResultPath">The safetensors file with <c>o</c> and <c>lse</c>; null without one.</param>
internal sealed record AttendOutcome(JobState State, JobReport? Report, string? Problem, string? ResultPath)
{
    /// <summary>The code of <see cref="Problem"/>; null when it has none, or one that this version does not know.</summary>
    public ErrorCode? Code { get; init; }
}
