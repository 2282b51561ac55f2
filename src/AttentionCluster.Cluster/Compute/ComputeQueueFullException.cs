namespace AttentionCluster.Cluster.Compute;

/// <summary>More work was sent than the compute threads may have waiting.</summary>
/// <param name="message">For people.</param>
internal sealed class ComputeQueueFullException(string message) : Exception(message);
