using Akka.Actor;
using Akka.Cluster;
using AttentionCluster.Cluster.Identity;

namespace AttentionCluster.Cluster.Membership;

/// <summary>Keeps <see cref="RememberedNodes"/> as the cluster is.</summary>
internal sealed class NodeMemory : ReceiveActor
{
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly SortedSet<string> _nodes = new(StringComparer.Ordinal);

    public NodeMemory(RememberedNodes nodes)
    {
        Receive<ClusterEvent.MemberUp>(up => Change(nodes, _nodes.Add(NodeAddress.HostAndPort(up.Member.Address))));

        // Of nodes that are gone because this one is, the next may find some.
        Receive<ClusterEvent.MemberRemoved>(removed => Change(
            nodes, !_cluster.IsTerminated && removed.Member.UniqueAddress != _cluster.SelfUniqueAddress
                && _nodes.Remove(NodeAddress.HostAndPort(removed.Member.Address))));
        Receive<ClusterEvent.IMemberEvent>(_ => { });
    }

    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void Change(RememberedNodes nodes, bool isChanged)
    {
        if (isChanged)
            nodes.Write(_nodes);
    }
}
