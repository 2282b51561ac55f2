using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Membership;

/// <summary>This node's place in its cluster.</summary>
public sealed class ClusterMembership : IClusterView
{
    /// <summary>For how many looks nobody must stay: while they last, the others hear that this node goes as well.</summary>
    private const int LooksAloneMax = 10;

    /// <summary>How often a node that leaves looks whether the others stay.</summary>
    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan s_viewDelay = TimeSpan.FromMilliseconds(10);

    /// <summary>How long an actor system may take to end that could not leave; it has nothing to wait for.</summary>
    private static readonly TimeSpan s_endTimeout = TimeSpan.FromSeconds(1);

    private readonly ActorSystem _system;
    private readonly WorkerTable _workers;
    private readonly RememberedNodes? _remembered;

    internal ClusterMembership(ActorSystem system, WorkerTable workers, RememberedNodes? remembered) =>
        (_system, _workers, _remembered) = (system, workers, remembered);

    /// <summary>
    /// Joins a cluster through its seeds, and the nodes that it remembers, or forms one of this node alone without either, and waits until the node is Up.
    /// </summary>
    /// <param name="seeds">Cluster addresses, as <c>host:port</c>.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="TimeoutException">Not Up in time.</exception>
    public async Task JoinAsync(IReadOnlyList<string> seeds, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(_system);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            ImmutableList<Address> contacts = Contacts(seeds, cluster.SelfAddress);
            Task joined = contacts.Count == 1 && seeds.Count == 0
                ? cluster.JoinAsync(cluster.SelfAddress, limit.Token)
                : cluster.JoinSeedNodesAsync(contacts, limit.Token);
            await joined.ConfigureAwait(false);

            // Akka tells of a change a moment before its own view of the cluster has it.
            while (!cluster.IsUp)
                await Task.Delay(s_viewDelay, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (limit.IsCancellationRequested && e is ClusterJoinFailedException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException(
                seeds.Count == 0
                    ? $"the node was not Up within {timeout}: is the machine overloaded, or {cluster.SelfAddress} blocked?"
                    : $"the node was not Up within {timeout}: is one of the seeds {string.Join(", ", seeds)} up, and can it reach {cluster.SelfAddress}?",
                e);
        }
    }

    /// <summary>
    /// Ends a node that is in no cluster, or alone in its own. It skips the phases of Akka's coordinated shutdown in which a node hands
    /// its shards and singletons over: nobody is there to take them, and a shard that is just being placed would hold each phase up to
    /// its timeout.
    /// </summary>
    public Task EndAsync() => CoordinatedShutdown.Get(_system).Run(
        CoordinatedShutdown.ClrExitReason.Instance, CoordinatedShutdown.PhaseActorSystemTerminate);

    /// <summary>
    /// Leaves the cluster in the phases of Akka's coordinated shutdown, so that others take over what this node has. Once nobody is
    /// left to do that, because all others leave too or can't be reached, it just ends: in that case each would wait for the others.
    /// </summary>
    /// <param name="timeout">How long that may take.</param>
    /// <returns>Whether it was done in time. When not, it has ended anyway.</returns>
    public async Task<bool> LeaveAsync(TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        int looksAlone = 0;
        Task left = SomebodyStays() ? CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ClrExitReason.Instance) : EndAsync();
        while (!left.IsCompleted && !limit.IsCancellationRequested)
        {
            await Task.WhenAny(left, Task.Delay(s_betweenLooks, limit.Token)).ConfigureAwait(false);
            looksAlone = SomebodyStays() ? 0 : looksAlone + 1;
            if (looksAlone == LooksAloneMax)
                left = _system.Terminate();
        }

        if (left.IsCompleted)
            return true;
        await Task.WhenAny(_system.Terminate(), Task.Delay(s_endTimeout, CancellationToken.None)).ConfigureAwait(false);
        return false;
    }

    /// <summary>Waits until the node's part of the cluster has ended, whoever wanted that.</summary>
    /// <returns>Why, for people.</returns>
    public async Task<string> WaitForEndAsync()
    {
        await _system.WhenTerminated.ConfigureAwait(false);
        return CoordinatedShutdown.Get(_system).ShutdownReason switch
        {
            CoordinatedShutdown.ClusterDowningReason => "the cluster has removed this node, because it could not reach it, or in a split kept another part",
            CoordinatedShutdown.ClusterLeavingReason => "the cluster has told this node to leave",
            { } reason => $"its actor system has ended: {reason}",
            null => "its actor system has ended without a reason",
        };
    }

    /// <inheritdoc/>
    public ClusterStatus Status()
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(_system);
        ClusterEvent.CurrentClusterState state = cluster.State;
        ImmutableHashSet<Member> unreachable = state.Unreachable;
        NodeStatus[] nodes = [.. state.Members.Select(member => new NodeStatus(
            HostAndPort(member.Address), [.. member.Roles.Order(StringComparer.Ordinal)],
            unreachable.Contains(member) ? "unreachable" : member.Status.ToString().ToLowerInvariant(),
            WorkerAt(member.Address)))];
        return new ClusterStatus(HostAndPort(cluster.SelfAddress), cluster.IsUp, nodes);
    }

    private WorkerStatus? WorkerAt(Address address) => _workers.Workers.TryGetValue(HostAndPort(address), out WorkerDescription? worker)
        ? new WorkerStatus(worker.Name, worker.Threads, worker.SegmentBytesMax, worker.SegmentBytes, worker.Gflops > 0 ? worker.Gflops : null)
        : null;

    private bool SomebodyStays()
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(_system);
        ClusterEvent.CurrentClusterState state = cluster.State;
        return state.Members.Except(state.Unreachable).Any(member =>
            member.UniqueAddress != cluster.SelfUniqueAddress && member.Status is (MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Up));
    }

    internal static string HostAndPort(Address address) =>
        string.Create(CultureInfo.InvariantCulture, $"{address.Host}:{address.Port}");

    /// <summary>A node without seeds is the first of its own: it asks those that it remembers before it is alone.</summary>
    private ImmutableList<Address> Contacts(IReadOnlyList<string> seeds, Address self)
    {
        IEnumerable<string> first = seeds.Count == 0 ? [HostAndPort(self)] : seeds;
        return [.. first.Concat(_remembered?.Read() ?? []).Distinct(StringComparer.Ordinal).Select(node => Parse(node, self.Protocol))];
    }

    private static Address Parse(string seed, string protocol)
    {
        int colon = seed.LastIndexOf(':');
        return new Address(protocol, ClusterRegistration.SystemName, seed[..colon], int.Parse(seed.AsSpan(colon + 1), CultureInfo.InvariantCulture));
    }
}
