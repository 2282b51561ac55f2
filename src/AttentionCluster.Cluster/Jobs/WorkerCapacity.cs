namespace AttentionCluster.Cluster.Jobs;

/// <summary>What a worker can take of one job.</summary>
/// <param name="Threads">Its compute threads; at least 1.</param>
/// <param name="TasksMax">Tasks that it may have at a time; at least 1.</param>
/// <param name="SegmentsMax">Different segments that these may need; at least 1.</param>
internal readonly record struct WorkerCapacity(int Threads, int TasksMax, int SegmentsMax);
