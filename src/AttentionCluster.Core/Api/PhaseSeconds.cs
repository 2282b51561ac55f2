namespace AttentionCluster.Core.Api;

/// <summary>Wall-clock seconds of a job, phase after phase; the first four add up to <see cref="Total"/>.</summary>
/// <param name="Queued">From acceptance to the start.</param>
/// <param name="Load">From the start until the first task computes: placing and loading the first segments.</param>
/// <param name="Compute">From the first task's start to the last task's end.</param>
/// <param name="Merge">From there to the end: the last merges, the hashes, the verification.</param>
/// <param name="Total">From acceptance to the end.</param>
public sealed record PhaseSeconds(double Queued, double Load, double Compute, double Merge, double Total);
