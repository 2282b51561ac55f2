namespace AttentionCluster.Client;

/// <summary>Why a job failed.</summary>
/// <param name="Code">Stable, for programs: lower case with hyphens.</param>
/// <param name="Message">For people.</param>
public sealed record JobError(string Code, string Message);
