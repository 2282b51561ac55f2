namespace AttentionCluster.Core.Api;

/// <summary>A worker that came in the middle of a job.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="JoinedSeconds">When it was Up and had said what it can do, in seconds since the job's start.</param>
/// <param name="FirstTaskSeconds">From then until it began to compute its first task; null when it got none.</param>
public sealed record JoinedWorker(string Name, double JoinedSeconds, double? FirstTaskSeconds);
