namespace AttentionCluster.Cluster.DataPlane;

/// <summary>Bytes could not be had, or are not what they should be.</summary>
public sealed class DataPlaneException : IOException
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
}
