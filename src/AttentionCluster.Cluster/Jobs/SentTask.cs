namespace AttentionCluster.Cluster.Jobs;

/// <summary>A task that a worker has.</summary>
/// <param name="Task">Which.</param>
/// <param name="Segment">Its segment.</param>
/// <param name="Flops">Its floating-point operations.</param>
/// <param name="SentAt">When.</param>
/// <param name="Expected">How long it was expected to take then, with what the worker had before.</param>
internal readonly record struct SentTask(TaskId Task, SegmentId Segment, double Flops, TimeSpan SentAt, TimeSpan Expected);
