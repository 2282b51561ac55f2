using Akka.Actor;
using Akka.Cluster;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Membership;

/// <summary>
/// Knows which workers there are and what they can do: follows the cluster's members, and asks each worker. Whoever subscribes hears of those
/// that are there, and of every change.
/// </summary>
internal sealed class WorkerRoster : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan s_askInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Speed and memory in use are for people, and for placement: seconds don't matter.</summary>
    private const int AsksForOneRefresh = 20;

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly WorkerTable _table;
    private readonly HashSet<IActorRef> _subscribers = [];

    /// <summary>Workers that are Up and can be reached, with what they have said.</summary>
    private readonly Dictionary<Address, Known> _workers = [];

    private int _asks;

    public WorkerRoster(WorkerTable table)
    {
        _table = table;
        Receive<ClusterEvent.MemberUp>(up => Reachable(up.Member));
        Receive<ClusterEvent.ReachableMember>(reachable => Reachable(reachable.Member));
        Receive<ClusterEvent.MemberLeft>(left => Leaving(left.Member.Address));
        Receive<ClusterEvent.MemberExited>(exited => Leaving(exited.Member.Address));
        Receive<ClusterEvent.UnreachableMember>(unreachable => Gone(unreachable.Member.Address));
        Receive<ClusterEvent.MemberDowned>(downed => Gone(downed.Member.Address));
        Receive<ClusterEvent.MemberRemoved>(removed => Gone(removed.Member.Address));
        Receive<ClusterEvent.IMemberEvent>(_ => { });
        Receive<ClusterEvent.IReachabilityEvent>(_ => { });
        Receive<WorkerDescription>(Describe);
        Receive<AskAgain>(_ => Ask());
        Receive<Subscribe>(_ => Add(Sender));
        Receive<Terminated>(ended => _subscribers.Remove(ended.ActorRef));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Timers.StartPeriodicTimer(nameof(AskAgain), AskAgain.Instance, s_askInterval);
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void Reachable(Member member)
    {
        if (!member.HasRole(ClusterRegistration.WorkerRole) || member.Status != MemberStatus.Up || _workers.ContainsKey(member.Address))
            return;
        _workers.Add(member.Address, new Known(null, ActorRefs.Nobody));
        Ask(member.Address);
    }

    private void Leaving(Address address)
    {
        if (_workers.TryGetValue(address, out Known known) && known.Description is { } description)
            Tell(new WorkerLeaves(description.Name));
    }

    private void Gone(Address address)
    {
        if (!_workers.Remove(address, out Known known) || known.Description is not { } description)
            return;
        _table.Remove(ClusterMembership.HostAndPort(address));
        Tell(new WorkerGone(description.Name));
    }

    private void Describe(WorkerDescription description)
    {
        Address address = Sender.Path.Address.HasGlobalScope ? Sender.Path.Address : _cluster.SelfAddress;
        if (!_workers.TryGetValue(address, out Known known))
            return;
        _workers[address] = new Known(description, Sender);
        _table.Set(ClusterMembership.HostAndPort(address), description);
        if (description.IsLeaving)
            Tell(new WorkerLeaves(description.Name));
        else if (known.Description is null)
            Tell(new WorkerUp(description, Sender));
    }

    /// <summary>Those that have not answered yet, and now and then all.</summary>
    private void Ask()
    {
        bool all = ++_asks % AsksForOneRefresh == 0;
        foreach ((Address address, Known known) in _workers)
        {
            if (all || known.Description is null)
                Ask(address);
        }
    }

    private static void Ask(Address address) =>
        Context.ActorSelection(new RootActorPath(address) / "user" / WorkerActor.ActorName).Tell(new DescribeWorker());

    private void Add(IActorRef subscriber)
    {
        if (_subscribers.Add(subscriber))
            Context.Watch(subscriber);
        foreach (Known known in _workers.Values)
        {
            if (known.Description is { IsLeaving: false } description)
                subscriber.Tell(new WorkerUp(description, known.Worker));
        }
    }

    private void Tell(object change)
    {
        foreach (IActorRef subscriber in _subscribers)
            subscriber.Tell(change);
    }

    /// <summary>The sender wants to hear of workers, until it stops. Stays in this process, like all of these.</summary>
    internal sealed record Subscribe : INoSerializationVerificationNeeded
    {
        internal static Subscribe Instance { get; } = new();
    }

    /// <summary>A worker takes tasks.</summary>
    internal sealed record WorkerUp(WorkerDescription Description, IActorRef Worker) : INoSerializationVerificationNeeded;

    /// <summary>A worker takes no more tasks, and will answer those that it has.</summary>
    internal sealed record WorkerLeaves(string Name) : INoSerializationVerificationNeeded;

    /// <summary>A worker can't be reached; it may come back.</summary>
    internal sealed record WorkerGone(string Name) : INoSerializationVerificationNeeded;

    private sealed record AskAgain : INoSerializationVerificationNeeded
    {
        internal static AskAgain Instance { get; } = new();
    }

    private readonly record struct Known(WorkerDescription? Description, IActorRef Worker);
}
