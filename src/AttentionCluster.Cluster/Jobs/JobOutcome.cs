using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>How a job ended.</summary>
/// <param name="Report">The report; its state says succeeded, failed or cancelled.</param>
/// <param name="Refusal">Why there is no result; null when there is one.</param>
/// <param name="ResultPath">The safetensors file with <c>o</c> and <c>lse</c> in the store; null without a result.</param>
internal sealed record JobOutcome(JobReport Report, Refusal? Refusal, string? ResultPath);
