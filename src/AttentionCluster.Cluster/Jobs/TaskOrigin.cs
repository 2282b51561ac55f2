namespace AttentionCluster.Cluster.Jobs;

/// <summary>Where a task's partial came from.</summary>
/// <param name="Worker">The worker that computed it.</param>
/// <param name="Checksum">Its XXH3: the same for all workers, since a task has the same bits everywhere.</param>
internal readonly record struct TaskOrigin(string Worker, ulong Checksum);
