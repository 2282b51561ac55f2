namespace AttentionCluster.Cluster.Jobs;

/// <summary>A task of a job: a query block, by its place in the plan, against a segment.</summary>
internal readonly record struct TaskId(int Block, int Segment);
