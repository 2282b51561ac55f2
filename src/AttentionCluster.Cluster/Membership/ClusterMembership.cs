using Akka.Actor;

namespace AttentionCluster.Cluster.Membership;

/// <summary>This node's place in its cluster.</summary>
public sealed class ClusterMembership(ActorSystem system)
{
    /// <summary>Joins a cluster of this node alone, and waits until it is Up.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, or not Up in time.</exception>
    public async Task JoinSelfAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(system);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        await cluster.JoinAsync(cluster.SelfAddress, limit.Token).ConfigureAwait(false);
    }
}
