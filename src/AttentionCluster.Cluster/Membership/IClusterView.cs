using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Membership;

/// <summary>What this node sees of its cluster, and what it can tell the others; it shows no actor.</summary>
internal interface IClusterView
{
    /// <summary>The cluster as this node sees it now; cheap, from any thread.</summary>
    ClusterStatus Status();

    /// <summary>
    /// Tells a worker to leave, as at SIGTERM: it takes no more tasks, finishes those that it has or gives them back, leaves, and its
    /// process ends.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops waiting for its answer.</param>
    /// <returns>Null when it has answered that it leaves, or why it does not. To tell it twice does no more than once.</returns>
    Task<Refusal?> DrainAsync(string name, CancellationToken cancellationToken);
}
