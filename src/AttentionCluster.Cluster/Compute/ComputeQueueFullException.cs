namespace AttentionCluster.Cluster.Compute;

/// <summary>More work was sent than the compute threads may have waiting.</summary>
internal sealed class ComputeQueueFullException : Exception
{
    /// <summary>With a message for people.</summary>
    public ComputeQueueFullException(string message)
        : base(message)
    {
    }

    /// <summary>With the failure underneath.</summary>
    public ComputeQueueFullException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Without a message.</summary>
    public ComputeQueueFullException()
    {
    }
}
