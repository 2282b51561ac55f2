namespace AttentionCluster.Cluster.Jobs;

/// <summary>The bounds of one job's coordinator.</summary>
/// <param name="TasksInFlight">Tasks sent and not yet merged, over all workers; at least 1.</param>
/// <param name="PartialsMax">
/// Partials that are on their way, or wait at the gateway for their sibling in the merge tree; at least one more than the tree has levels.
/// </param>
/// <param name="AttemptsMax">How often one task may fail before that fails the job; at least 1.</param>
internal sealed record JobLimits(int TasksInFlight, int PartialsMax, int AttemptsMax = 3);
