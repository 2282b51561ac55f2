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

    /// <summary>
    /// Ends a cluster of this node alone. It skips the phases of Akka's coordinated shutdown in which a node hands its shards and
    /// singletons over: nobody is there to take them, and a shard that is just being placed would hold each phase up to its timeout.
    /// </summary>
    public Task EndAsync() => CoordinatedShutdown.Get(system).Run(
        CoordinatedShutdown.ClrExitReason.Instance, CoordinatedShutdown.PhaseActorSystemTerminate);
}
