namespace AttentionCluster.Cluster.Compute;

/// <summary>One attempt at a task, by which messages name it.</summary>
internal readonly record struct TaskKey(string Job, int Block, int Segment, int Attempt);
