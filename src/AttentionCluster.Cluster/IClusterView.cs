namespace AttentionCluster.Cluster;

/// <summary>What this node sees of its cluster; it shows no actor.</summary>
public interface IClusterView
{
    /// <summary>The cluster as this node sees it now; cheap, from any thread.</summary>
    ClusterStatus Status();
}
