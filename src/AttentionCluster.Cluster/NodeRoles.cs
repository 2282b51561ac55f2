namespace AttentionCluster.Cluster;

/// <summary>What a node does for its cluster.</summary>
[Flags]
internal enum NodeRoles
{
    /// <summary>Nothing, which no node is good for.</summary>
    None = 0,

    /// <summary>Takes jobs, holds their tensors, coordinates them.</summary>
    Gateway = 1,

    /// <summary>Holds packed segments, and computes.</summary>
    Worker = 2,
}
