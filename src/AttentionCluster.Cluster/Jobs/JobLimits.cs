namespace AttentionCluster.Cluster.Jobs;

/// <summary>The bounds of one job's coordinator.</summary>
/// <param name="TasksInFlight">Tasks sent and not yet merged, over all segments; at least 1.</param>
/// <param name="TasksInFlightPerSegment">Likewise, at one segment's home; at least 1.</param>
/// <param name="AttemptsMax">How often one task is sent before its failure fails the job; at least 1.</param>
internal sealed record JobLimits(int TasksInFlight, int TasksInFlightPerSegment, int AttemptsMax = 3);
