namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>What happens to a connection.</summary>
internal enum LinkFault
{
    /// <summary>It ends, as if the other side had closed it.</summary>
    Ends,

    /// <summary>It is reset, as when a process is killed.</summary>
    IsReset,

    /// <summary>One bit of one byte arrives inverted.</summary>
    FlipsABit,

    /// <summary>Nothing comes until the test says so.</summary>
    Waits,

    /// <summary>Nothing comes any more, and nobody says so.</summary>
    FallsSilent,
}
