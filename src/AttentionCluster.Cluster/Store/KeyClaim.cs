namespace AttentionCluster.Cluster.Store;

/// <summary>Whose an idempotency key is.</summary>
/// <param name="IsTaken">Whether it is the caller's from now on.</param>
/// <param name="Job">The job that another gateway was sent with it; null while that one is still being received.</param>
internal sealed record KeyClaim(bool IsTaken, JobRecord? Job);
