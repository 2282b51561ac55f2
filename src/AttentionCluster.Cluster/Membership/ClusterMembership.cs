using Akka.Actor;
using Akka.Cluster;

namespace AttentionCluster.Cluster.Membership;

/// <summary>This node's place in its cluster.</summary>
public sealed class ClusterMembership(ActorSystem system)
{
    /// <summary>Joins a cluster of this node alone, and waits until it is Up.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="TimeoutException">Not Up in time.</exception>
    public async Task JoinSelfAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(system);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await cluster.JoinAsync(cluster.SelfAddress, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (limit.IsCancellationRequested && e is ClusterJoinFailedException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException($"the node was not Up within {timeout}: is the machine overloaded, or {cluster.SelfAddress} blocked?", e);
        }
    }

    /// <summary>
    /// Ends a cluster of this node alone. It skips the phases of Akka's coordinated shutdown in which a node hands its shards and
    /// singletons over: nobody is there to take them, and a shard that is just being placed would hold each phase up to its timeout.
    /// </summary>
    public Task EndAsync() => CoordinatedShutdown.Get(system).Run(
        CoordinatedShutdown.ClrExitReason.Instance, CoordinatedShutdown.PhaseActorSystemTerminate);
}
