namespace AttentionCluster.Cluster.Jobs;

/// <summary>A segment of one KV head of a job.</summary>
internal readonly record struct SegmentId(int Batch, int KvHead, int Segment);
