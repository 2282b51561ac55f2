namespace AttentionCluster.Cluster.DataPlane;

/// <summary>Bytes could not be had, or are not what they should be.</summary>
internal sealed class DataPlaneException : IOException
{
    /// <summary>With a message for people.</summary>
    public DataPlaneException(string message)
        : base(message)
    {
    }

    /// <summary>With the failure underneath.</summary>
    public DataPlaneException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Without a message.</summary>
    public DataPlaneException()
    {
    }

    /// <summary>
    /// Whether it was the machines or the network between them: later, or with another node, the same may succeed. Not so when a node that
    /// was reached said no.
    /// </summary>
    public bool IsTransient { get; init; }
}
