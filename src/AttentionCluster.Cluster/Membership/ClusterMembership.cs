using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using AttentionCluster.Cluster.Identity;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Membership;

/// <summary>This node's place in its cluster.</summary>
internal sealed class ClusterMembership : IClusterView
{
    /// <summary>How long a node may take to answer that it leaves.</summary>
    private static readonly TimeSpan s_drainTimeout = TimeSpan.FromSeconds(5);

    private readonly ActorSystem _system;
    private readonly WorkerTable _workers;
    private readonly NodeIdentities _identities;
    private readonly DrainRequest _drain;
    private readonly NodeVersion _own;
    private readonly ClusterJoining _joining;
    private readonly ClusterDeparture _departure;

    internal ClusterMembership(
        ActorSystem system, WorkerTable workers, NodeIdentities identities, ClusterId id, DrainRequest drain, NodeVersion own,
            RememberedNodes? remembered,
        TimeProvider clock)
    {
        (_system, _workers, _identities, _drain, _own) = (system, workers, identities, drain, own);
        _departure = new ClusterDeparture(system, clock);
        _joining = new ClusterJoining(system, identities, id, remembered, _departure, clock);
    }

    /// <summary>
    /// Joins a cluster through its seeds, and the nodes that it remembers, or forms one of this node alone without either, and waits
    /// until the node is Up and the only one of its name.
    /// </summary>
    /// <param name="seeds">Cluster addresses, as <c>host:port</c>.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="TimeoutException">Not Up in time.</exception>
    /// <exception cref="IOException">
    /// Another node has the name, or the seeds are of another cluster than this node's data directory; this one has left again, or not
    /// joined.
    /// </exception>
    public Task JoinAsync(IReadOnlyList<string> seeds, TimeSpan timeout, CancellationToken cancellationToken) =>
        _joining.JoinAsync(seeds, timeout, cancellationToken);

    /// <summary>Waits until this node is told by another to leave, which it has to do then.</summary>
    public Task WaitForDrainAsync() => _drain.Asked;

    /// <summary>
    /// Ends a node that is in no cluster, or alone in its own. It skips the phases of Akka's coordinated shutdown in which a node hands
    /// its shards and singletons over: nobody is there to take them, and a shard that is just being placed would hold each phase up to
    /// its timeout.
    /// </summary>
    public Task EndAsync() => _departure.EndAsync();

    /// <summary>
    /// Leaves the cluster in the phases of Akka's coordinated shutdown, so that others take over what this node has. Once nobody is
    /// left to do that, because all others leave too or can't be reached, it just ends: in that case each would wait for the others.
    /// </summary>
    /// <param name="timeout">How long that may take.</param>
    /// <returns>Whether it was done in time. When not, it has ended anyway.</returns>
    public Task<bool> LeaveAsync(TimeSpan timeout) => _departure.LeaveAsync(timeout);

    /// <summary>Waits until the node's part of the cluster has ended, whoever wanted that.</summary>
    /// <returns>Why, for people.</returns>
    public Task<string> WaitForEndAsync() => _departure.WaitForEndAsync();

    /// <inheritdoc/>
    public async Task<Refusal?> DrainAsync(string name, CancellationToken cancellationToken)
    {
        ImmutableSortedSet<Member> members = Akka.Cluster.Cluster.Get(_system).State.Members;
        Member[] named = [.. members.Where(member => NodeName.Of(member) == name)];
        if (named.Length == 0)
        {
            string have = string.Join(", ", members.Select(NodeName.Of).Order(StringComparer.Ordinal));
            return new Refusal(ErrorCode.NoSuchNode, $"the cluster has no node \"{name}\"; it has {have}");
        }

        if (Array.Find(named, member => member.HasRole(ClusterNames.GatewayRole)) is not null)
        {
            return new Refusal(
                ErrorCode.NodeNotAWorker, $"{name} is a gateway, and others reach the cluster through it; to end it, end its process "
                    + "(SIGTERM)");
        }

        NodeProcess[] all = [.. named.Select(member => NodeProcess.Of(member.UniqueAddress))];
        NodeProcess[] trusted = [.. all.Where(node => _identities.ProblemOf(node) is null)];
        if (trusted.Length == 0)
        {
            return new Refusal(
                ErrorCode.NodeNotTrusted,
                $"{name} at {all[0].Address} takes no orders from this node: {_identities.ProblemOf(all[0])}; end its process instead");
        }

        foreach (Member member in named)
        {
            var node = NodeProcess.Of(member.UniqueAddress);
            if (!trusted.Contains(node))
                continue;
            try
            {
                await _system.ActorSelection(new RootActorPath(member.Address) / "user" / DrainRequest.Receiver.ActorName)
                    .Ask<NodeDrains>(new DrainNode { Address = node.Address, Uid = node.Uid }, s_drainTimeout, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (AskTimeoutException)
            {
                return new Refusal(
                    ErrorCode.NodeNotReachable,
                    $"{name} at {node.Address} did not answer within {s_drainTimeout.TotalSeconds:0} s: "
                    + "it leaves if it goes on; otherwise try again, or end its process");
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
        NodeStatus[] nodes =
        [
            .. from member in state.Members
               let isSelf = member.UniqueAddress == cluster.SelfUniqueAddress
               let status = unreachable.Contains(member) ? "unreachable" : member.Status.ToString().ToLowerInvariant()
               select new NodeStatus(
                   NodeAddress.HostAndPort(member.Address), NodeName.Of(member),
                   [.. ClusterNames.RolesOf(member).Order(StringComparer.Ordinal)], status, WorkerAt(member.Address))
               {
                   Version = member.AppVersion.Version,
                   Problem = isSelf ? null : ProblemOf(member),
               },
        ];
        return new ClusterStatus(NodeAddress.HostAndPort(cluster.SelfAddress), cluster.IsUp, nodes);
    }

    /// <summary>A node of another version may not even know how to prove what it is.</summary>
    private string? ProblemOf(Member member) =>
        _own.WhyNotWith(NodeVersion.Of(member)) ?? _identities.ProblemOf(NodeProcess.Of(member.UniqueAddress));

    private WorkerStatus? WorkerAt(Address address) =>
        _workers.Workers.TryGetValue(NodeAddress.HostAndPort(address), out WorkerDescription? worker)
            ? new WorkerStatus(
                worker.Name, worker.Threads, worker.SegmentBytesMax, worker.SegmentBytes, worker.Gflops > 0 ? worker.Gflops : null)
            {
                Kernels = [.. worker.Kernels.Select(path => ((KernelPath)path).Name())],
            }
            : null;
}
