using Akka.Actor;
using Akka.Cluster;

namespace AttentionCluster.Cluster.Membership;

/// <summary>How a node leaves its cluster, and ends.</summary>
internal sealed class ClusterDeparture(ActorSystem system, TimeProvider clock)
{
    /// <summary>For how many looks nobody must stay: while they last, the others hear that this node goes as well.</summary>
    private const int LooksAloneMax = 10;

    /// <summary>How often a node that leaves looks whether the others stay.</summary>
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long an actor system may take to end that could not leave; it has nothing to wait for.</summary>
    private static readonly TimeSpan s_endTimeout = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Ends a node that is in no cluster, or alone in its own. It skips the phases of Akka's coordinated shutdown in which a node hands
    /// its shards and singletons over: nobody is there to take them, and a shard that is just being placed would hold each phase up to
    /// its timeout.
    /// </summary>
    internal Task EndAsync() => CoordinatedShutdown.Get(system).Run(
        CoordinatedShutdown.ClrExitReason.Instance, CoordinatedShutdown.PhaseActorSystemTerminate);

    /// <summary>
    /// Leaves the cluster in the phases of Akka's coordinated shutdown, so that others take over what this node has. Once nobody is
    /// left to do that, because all others leave too or can't be reached, it just ends: in that case each would wait for the others.
    /// </summary>
    /// <param name="timeout">How long that may take.</param>
    /// <returns>Whether it was done in time. When not, it has ended anyway.</returns>
    internal async Task<bool> LeaveAsync(TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout, clock);
        int looksAlone = 0;
        Task left = SomebodyStays() ? CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance) : EndAsync();
        while (!left.IsCompleted && !limit.IsCancellationRequested)
        {
            await Task.WhenAny(left, Task.Delay(s_pollInterval, clock, limit.Token)).ConfigureAwait(false);
            looksAlone = SomebodyStays() ? 0 : looksAlone + 1;
            if (looksAlone == LooksAloneMax)
                left = system.Terminate();
        }

        if (left.IsCompleted)
            return true;
        await Task.WhenAny(system.Terminate(), Task.Delay(s_endTimeout, clock, CancellationToken.None)).ConfigureAwait(false);
        return false;
    }

    /// <summary>Waits until the node's part of the cluster has ended, whoever wanted that.</summary>
    /// <returns>Why, for people.</returns>
    internal async Task<string> WaitForEndAsync()
    {
        await system.WhenTerminated.ConfigureAwait(false);
        return CoordinatedShutdown.Get(system).ShutdownReason switch
        {
            CoordinatedShutdown.ClusterDowningReason =>
                "the cluster has removed this node, because it could not reach it, or in a split kept another part",
            CoordinatedShutdown.ClusterLeavingReason => "the cluster has told this node to leave",
            { } reason => $"its actor system has ended: {reason}",
            null => "its actor system has ended without a reason",
        };
    }

    private bool SomebodyStays()
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(system);
        ClusterEvent.CurrentClusterState state = cluster.State;
        return state.Members.Except(state.Unreachable).Any(member =>
            member.UniqueAddress != cluster.SelfUniqueAddress
            && member.Status is (MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Up));
    }
}
