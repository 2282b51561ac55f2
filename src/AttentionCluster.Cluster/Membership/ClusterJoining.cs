using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using AttentionCluster.Cluster.Identity;

namespace AttentionCluster.Cluster.Membership;

/// <summary>
/// How a node joins the right cluster, proves its identity there, and has its name for itself; one that can't leaves again.
/// </summary>
internal sealed class ClusterJoining(
    ActorSystem system, NodeIdentities identities, ClusterId id, RememberedNodes? remembered, ClusterDeparture departure,
        TimeProvider clock)
{
    private static readonly TimeSpan s_viewDelay = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// How often another node of the same name must be seen alive before this one gives up, and how long after each time.
    /// </summary>
    private const int NamesakeLooks = 3;
    private static readonly TimeSpan s_namesakePollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a node with a name that is taken may take to leave again.</summary>
    private static readonly TimeSpan s_namesakeLeaveTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long a node waits for its identity to be proved before it says that it is ready.</summary>
    private static readonly TimeSpan s_knownTimeout = TimeSpan.FromSeconds(3);

    /// <inheritdoc cref="ClusterMembership.JoinAsync"/>
    internal async Task JoinAsync(IReadOnlyList<string> seeds, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(system);
        using var late = new CancellationTokenSource(timeout, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        string? own = id.Value;
        try
        {
            ImmutableList<Address> contacts =
                await WithoutForeignAsync(Contacts(seeds, cluster.SelfAddress), seeds, own, limit.Token).ConfigureAwait(false);
            Task joined = contacts.Count == 1 && seeds.Count == 0
                ? cluster.JoinAsync(cluster.SelfAddress, limit.Token)
                : cluster.JoinSeedNodesAsync(contacts, limit.Token);
            await joined.ConfigureAwait(false);

            // Akka tells of a change a moment before its own view of the cluster has it.
            while (!cluster.IsUp)
                await Task.Delay(s_viewDelay, clock, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (limit.IsCancellationRequested && e is ClusterJoinFailedException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException(
                seeds.Count == 0
                    ? $"the node was not Up within {timeout}: is the machine overloaded, or {cluster.SelfAddress} blocked?"
                    : $"the node was not Up within {timeout}: "
                        + $"is one of the seeds {string.Join(", ", seeds)} up, and can it reach {cluster.SelfAddress}?",
                e);
        }

        await BeKnownAsync(cancellationToken).ConfigureAwait(false);
        await BeAtHomeAsync(own).ConfigureAwait(false);
        await HaveNameAsync(limit.Token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// A node that has a cluster joins no node of another: not one whose address it remembers, which is left out, nor a seed, unless it
    /// is the first seed itself, and goes on with its own cluster.
    /// </summary>
    private async Task<ImmutableList<Address>> WithoutForeignAsync(
        ImmutableList<Address> contacts, IReadOnlyList<string> seeds, string? own, CancellationToken cancellationToken)
    {
        Address self = Akka.Cluster.Cluster.Get(system).SelfAddress;
        if (own is null)
            return contacts;
        IReadOnlyDictionary<Address, string> foreign = await new ClusterContacts(system)
            .ForeignAsync(contacts.Where(contact => contact != self), own, cancellationToken).ConfigureAwait(false);
        if (foreign.Count == 0)
            return contacts;
        ImmutableList<Address> left = contacts.RemoveAll(foreign.ContainsKey);
        if (contacts[0] != self && left.All(contact => contact == self))
        {
            string other = foreign.GetValueOrDefault(contacts[0]) ?? foreign.First().Value;
            throw new IOException(OfAnotherCluster(NodeAddress.HostAndPort(contacts[0]), other, own));
        }

        foreach ((Address address, string cluster) in foreign)
        {
            string text = NodeAddress.HostAndPort(address);
            system.Log.Warning(
                "the node at {0}, {1}, is of another cluster ({2}) than this node ({3}): it is not joined",
                text, seeds.Contains(text) ? "a seed" : "which was of this cluster", cluster, own);
        }

        // Who is first may form a cluster: nobody becomes that because others are left out.
        return contacts[0] == self || left[0] != self ? left : left.Remove(self).Add(self);
    }

    /// <summary>
    /// A node that has joined through one that did not say in time what it is of, and that is another cluster, leaves again.
    /// </summary>
    private async Task BeAtHomeAsync(string? own)
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(system);
        if (own is null)
            return;
        var older = (from member in cluster.State.Members
                     where member.UniqueAddress != cluster.SelfUniqueAddress && member.IsOlderThan(cluster.SelfMember)
                     select (member.Address, identities.Of(NodeProcess.Of(member.UniqueAddress)).Cluster)).ToList();
        (Address Address, string? Cluster) other = older.Find(node => !string.IsNullOrEmpty(node.Cluster) && node.Cluster != own);
        if (other.Cluster is null || older.Exists(node => node.Cluster == own))
            return;
        await departure.LeaveAsync(s_namesakeLeaveTimeout).ConfigureAwait(false);
        throw new IOException(OfAnotherCluster(NodeAddress.HostAndPort(other.Address), other.Cluster, own));
    }

    private string OfAnotherCluster(string address, string cluster, string own) =>
        $"the node at {address} is of another cluster ({cluster}) than this node ({own}, by {id.Path}): "
        + "name seeds of this node's cluster; or, to move it to the other one, delete that file, and start it anew";

    /// <summary>
    /// Waits until those that this node works with and it have proved to each other what they are, so that a node that says it is ready
    /// is. Not for long: one of them may be what keeps it waiting.
    /// </summary>
    private async Task BeKnownAsync(CancellationToken cancellationToken)
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(system);
        string role = cluster.SelfMember.HasRole(ClusterNames.GatewayRole) ? ClusterNames.WorkerRole : ClusterNames.GatewayRole;
        long start = clock.GetTimestamp();
        while (clock.GetElapsedTime(start) < s_knownTimeout)
        {
            PeerIdentity[] peers =
            [
                .. from member in cluster.State.Members
                   where member.HasRole(role) && member.UniqueAddress != cluster.SelfUniqueAddress && member.Status == MemberStatus.Up
                   select identities.Of(NodeProcess.Of(member.UniqueAddress)),
            ];
            bool isKnown = Array.Exists(peers, peer => peer is { IsSettled: true, IsForeign: false });
            if (isKnown || Array.TrueForAll(peers, peer => peer.IsForeign))
                return;
            await Task.Delay(s_viewDelay, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Of two nodes of one name the one that came first has it. When its process is gone, the cluster will remove it soon, and then the
    /// name is this node's: so comes back a node that was killed, maybe at another address.
    /// </summary>
    private async Task HaveNameAsync(CancellationToken limit, CancellationToken cancellationToken)
    {
        int looks = 0;
        while (Namesake() is { } other)
        {
            string taken = $"the name {NodeName.Of(other)} is taken by the node at {NodeAddress.HostAndPort(other.Address)}: "
                + "choose another (Node:Name), or end that node first";
            ProbeResult sign = await ProcessProbe.AtAsync(other.Address.Host, other.Address.Port!.Value).ConfigureAwait(false);
            looks = sign == ProbeResult.Refused ? 0 : looks + 1;
            if (looks == NamesakeLooks)
            {
                await departure.LeaveAsync(s_namesakeLeaveTimeout).ConfigureAwait(false);
                throw new IOException(taken);
            }

            try
            {
                await Task.Delay(s_namesakePollInterval, clock, limit).ConfigureAwait(false);
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
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(system);
        Member self = cluster.SelfMember;
        return cluster.State.Members.FirstOrDefault(member =>
            member.UniqueAddress != self.UniqueAddress && NodeName.Of(member) == NodeName.Of(self) && member.IsOlderThan(self)
            && !identities.Of(NodeProcess.Of(member.UniqueAddress)).IsForeign);
    }

    /// <summary>A node without seeds is the first of its own: it asks those that it remembers before it is alone.</summary>
    private ImmutableList<Address> Contacts(IReadOnlyList<string> seeds, Address self)
    {
        IEnumerable<string> first = seeds.Count == 0 ? [NodeAddress.HostAndPort(self)] : seeds;
        IEnumerable<string> all = first.Concat(remembered?.Read() ?? []).Distinct(StringComparer.Ordinal);
        return [.. all.Select(node => NodeAddress.Parse(node, self.Protocol, ClusterNames.System))];
    }
}
