using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using AttentionCluster.Cluster.Identity;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;

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

    /// <summary>How often another node of the same name must be seen alive before this one gives up, and how long after each time.</summary>
    private const int NamesakeLooks = 3;
    private static readonly TimeSpan s_betweenNamesakeLooks = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a node with a name that is taken may take to leave again.</summary>
    private static readonly TimeSpan s_namesakeLeaveTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long a node waits for its identity to be proved before it says that it is ready.</summary>
    private static readonly TimeSpan s_knownTimeout = TimeSpan.FromSeconds(3);

    /// <summary>How long a node may take to answer that it leaves.</summary>
    private static readonly TimeSpan s_drainTimeout = TimeSpan.FromSeconds(5);

    private readonly ActorSystem _system;
    private readonly WorkerTable _workers;
    private readonly NodeIdentities _identities;
    private readonly ClusterId _id;
    private readonly DrainRequest _drain;
    private readonly NodeVersion _own;
    private readonly RememberedNodes? _remembered;

    internal ClusterMembership(
        ActorSystem system, WorkerTable workers, NodeIdentities identities, ClusterId id, DrainRequest drain, NodeVersion own, RememberedNodes? remembered) =>
        (_system, _workers, _identities, _id, _drain, _own, _remembered) = (system, workers, identities, id, drain, own, remembered);

    /// <summary>
    /// Joins a cluster through its seeds, and the nodes that it remembers, or forms one of this node alone without either, and waits until the node is
    /// Up and the only one of its name.
    /// </summary>
    /// <param name="seeds">Cluster addresses, as <c>host:port</c>.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="TimeoutException">Not Up in time.</exception>
    /// <exception cref="IOException">
    /// Another node has the name, or the seeds are of another cluster than this node's data directory; this one has left again, or not joined.
    /// </exception>
    public async Task JoinAsync(IReadOnlyList<string> seeds, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(_system);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        string? own = _id.Value;
        try
        {
            ImmutableList<Address> contacts = await WithoutForeignAsync(Contacts(seeds, cluster.SelfAddress), seeds, own, limit.Token).ConfigureAwait(false);
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

        await BeKnownAsync(cancellationToken).ConfigureAwait(false);
        await BeAtHomeAsync(own).ConfigureAwait(false);
        await HaveNameAsync(limit.Token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until this node is told by another to leave, which it has to do then.</summary>
    public Task WaitForDrainAsync() => _drain.Asked;

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
    public async Task<Refusal?> DrainAsync(string name, CancellationToken cancellationToken)
    {
        ImmutableSortedSet<Member> members = Akka.Cluster.Cluster.Get(_system).State.Members;
        Member[] named = [.. members.Where(member => NodeName.Of(member) == name)];
        if (named.Length == 0)
            return new Refusal("no-such-node", $"the cluster has no node \"{name}\"; it has {string.Join(", ", members.Select(NodeName.Of).Order(StringComparer.Ordinal))}");
        if (Array.Find(named, member => member.HasRole(ClusterRegistration.GatewayRole)) is not null)
            return new Refusal("node-not-a-worker", $"{name} is a gateway, and others reach the cluster through it; to end it, end its process (SIGTERM)");
        NodeProcess[] trusted = [.. named.Select(member => NodeProcess.Of(member.UniqueAddress)).Where(node => _identities.ProblemOf(node) is null)];
        if (trusted.Length == 0)
            return new Refusal("node-not-trusted", $"{name} at {HostAndPort(named[0].Address)} takes no orders from this node: {_identities.ProblemOf(NodeProcess.Of(named[0].UniqueAddress))}; end its process instead");
        foreach (Member member in named)
        {
            var node = NodeProcess.Of(member.UniqueAddress);
            if (!trusted.Contains(node))
                continue;
            try
            {
                await _system.ActorSelection(new RootActorPath(member.Address) / "user" / DrainRequest.Receiver.ActorName)
                    .Ask<NodeDrains>(new DrainNode { Address = node.Address, Uid = node.Uid }, s_drainTimeout, cancellationToken).ConfigureAwait(false);
            }
            catch (AskTimeoutException)
            {
                return new Refusal("node-not-reachable", $"{name} at {HostAndPort(member.Address)} did not answer within {s_drainTimeout.TotalSeconds:0} s: it leaves if it goes on; otherwise try again, or end its process");
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public ClusterStatus Status()
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(_system);
        ClusterEvent.CurrentClusterState state = cluster.State;
        ImmutableHashSet<Member> unreachable = state.Unreachable;
        NodeStatus[] nodes = [.. state.Members.Select(member => new NodeStatus(
            HostAndPort(member.Address), NodeName.Of(member), [.. NodeName.RolesOf(member).Order(StringComparer.Ordinal)],
            unreachable.Contains(member) ? "unreachable" : member.Status.ToString().ToLowerInvariant(),
            WorkerAt(member.Address)) { Version = member.AppVersion.Version, Problem = member.UniqueAddress == cluster.SelfUniqueAddress ? null : ProblemOf(member) })];
        return new ClusterStatus(HostAndPort(cluster.SelfAddress), cluster.IsUp, nodes);
    }

    /// <summary>A node of another version may not even know how to prove what it is.</summary>
    private string? ProblemOf(Member member) => _own.WhyNotWith(NodeVersion.Of(member)) ?? _identities.ProblemOf(NodeProcess.Of(member.UniqueAddress));

    private WorkerStatus? WorkerAt(Address address) => _workers.Workers.TryGetValue(HostAndPort(address), out WorkerDescription? worker)
        ? new WorkerStatus(worker.Name, worker.Threads, worker.SegmentBytesMax, worker.SegmentBytes, worker.Gflops > 0 ? worker.Gflops : null) { Kernels = [.. worker.Kernels.Select(path => ((KernelPath)path).Name())] }
        : null;

    /// <summary>
    /// A node that has a cluster joins no node of another: not one whose address it remembers, which is left out, nor a seed, unless it is the first
    /// seed itself, and goes on with its own cluster.
    /// </summary>
    private async Task<ImmutableList<Address>> WithoutForeignAsync(
        ImmutableList<Address> contacts, IReadOnlyList<string> seeds, string? own, CancellationToken cancellationToken)
    {
        Address self = Akka.Cluster.Cluster.Get(_system).SelfAddress;
        if (own is null)
            return contacts;
        IReadOnlyDictionary<Address, string> foreign = await new ClusterContacts(_system)
            .ForeignAsync(contacts.Where(contact => contact != self), own, cancellationToken).ConfigureAwait(false);
        if (foreign.Count == 0)
            return contacts;
        ImmutableList<Address> left = contacts.RemoveAll(foreign.ContainsKey);
        if (contacts[0] != self && left.All(contact => contact == self))
            throw new IOException(OfAnotherCluster(HostAndPort(contacts[0]), foreign.GetValueOrDefault(contacts[0]) ?? foreign.First().Value, own));
        foreach ((Address address, string cluster) in foreign)
        {
            _system.Log.Warning(
                "the node at {0}, {1}, is of another cluster ({2}) than this node ({3}): it is not joined",
                HostAndPort(address), seeds.Contains(HostAndPort(address)) ? "a seed" : "which was of this cluster", cluster, own);
        }

        // Who is first may form a cluster: nobody becomes that because others are left out.
        return contacts[0] == self || left[0] != self ? left : left.Remove(self).Add(self);
    }

    /// <summary>A node that has joined through one that did not say in time what it is of, and that is another cluster, leaves again.</summary>
    private async Task BeAtHomeAsync(string? own)
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(_system);
        if (own is null)
            return;
        var older = (from member in cluster.State.Members
                     where member.UniqueAddress != cluster.SelfUniqueAddress && member.IsOlderThan(cluster.SelfMember)
                     select (member.Address, _identities.Of(NodeProcess.Of(member.UniqueAddress)).Cluster)).ToList();
        (Address Address, string? Cluster) other = older.Find(node => !string.IsNullOrEmpty(node.Cluster) && node.Cluster != own);
        if (other.Cluster is null || older.Exists(node => node.Cluster == own))
            return;
        await LeaveAsync(s_namesakeLeaveTimeout).ConfigureAwait(false);
        throw new IOException(OfAnotherCluster(HostAndPort(other.Address), other.Cluster, own));
    }

    private string OfAnotherCluster(string address, string cluster, string own) =>
        $"the node at {address} is of another cluster ({cluster}) than this node ({own}, by {_id.Path}): name seeds of this node's cluster; or, to move it to the other one, delete that file, and start it anew";

    /// <summary>
    /// Waits until those that this node works with and it have proved to each other what they are, so that a node that says it is ready is. Not for
    /// long: one of them may be what keeps it waiting.
    /// </summary>
    private async Task BeKnownAsync(CancellationToken cancellationToken)
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(_system);
        string role = cluster.SelfMember.HasRole(ClusterRegistration.GatewayRole) ? ClusterRegistration.WorkerRole : ClusterRegistration.GatewayRole;
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < s_knownTimeout)
        {
            PeerIdentity[] peers =
            [
                .. from member in cluster.State.Members
                   where member.HasRole(role) && member.UniqueAddress != cluster.SelfUniqueAddress && member.Status == MemberStatus.Up
                   select _identities.Of(NodeProcess.Of(member.UniqueAddress)),
            ];
            if (Array.Exists(peers, peer => peer is { IsSettled: true, IsForeign: false }) || Array.TrueForAll(peers, peer => peer.IsForeign))
                return;
            await Task.Delay(s_viewDelay, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Of two nodes of one name the one that came first has it. When its process is gone, the cluster will remove it soon, and then the name is this
    /// node's: so comes back a node that was killed, maybe at another address.
    /// </summary>
    private async Task HaveNameAsync(CancellationToken limit, CancellationToken cancellationToken)
    {
        int looks = 0;
        while (Namesake() is { } other)
        {
            string taken = $"the name {NodeName.Of(other)} is taken by the node at {HostAndPort(other.Address)}: choose another (Node:Name), or end that node first";
            ProcessSign sign = await ProcessLook.AtAsync(other.Address.Host, other.Address.Port!.Value).ConfigureAwait(false);
            looks = sign == ProcessSign.Refused ? 0 : looks + 1;
            if (looks == NamesakeLooks)
            {
                await LeaveAsync(s_namesakeLeaveTimeout).ConfigureAwait(false);
                throw new IOException(taken);
            }

            try
            {
                await Task.Delay(s_betweenNamesakeLooks, limit).ConfigureAwait(false);
            }
            catch (OperationCanceledException problem)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new TimeoutException(taken, problem);
            }
        }
    }

    /// <summary>Another node of this one's name, that was there before.</summary>
    private Member? Namesake()
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(_system);
        Member self = cluster.SelfMember;
        return cluster.State.Members.FirstOrDefault(member =>
            member.UniqueAddress != self.UniqueAddress && NodeName.Of(member) == NodeName.Of(self) && member.IsOlderThan(self)
            && !_identities.Of(NodeProcess.Of(member.UniqueAddress)).IsForeign);
    }

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
