using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using AttentionCluster.Cluster.Identity;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Membership;

/// <summary>
/// Knows which workers there are and what they can do: follows the cluster's members, and asks each worker. Whoever subscribes hears of
/// those that are there, and of every change. Of two workers of one name only the first is told of while it is there: a name is what tasks
/// are sent to. One that has not proved that it knows the secret of the cluster is not even asked.
/// </summary>
internal sealed class WorkerRoster : ReceiveActor, IWithTimers
{
    /// <summary>From one question to the next, to a worker that has not answered.</summary>
    private static readonly TimeSpan s_askInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Speed and memory in use are for people, and for placement: seconds don't matter.</summary>
    private static readonly TimeSpan s_refreshInterval = TimeSpan.FromSeconds(5);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly WorkerTable _table;
    private readonly NodeIdentities _identities;
    private readonly NodeVersion _own;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<IActorRef> _subscribers = [];

    /// <summary>Workers that are Up and can be reached, with what they have said.</summary>
    private readonly Dictionary<Address, Known> _workers = [];

    /// <summary>Nodes whose process is gone, though the cluster still has them.</summary>
    private readonly HashSet<UniqueAddress> _ended = [];

    private readonly IActorRef _watch;

    /// <summary>A roster that follows the cluster.</summary>
    /// <param name="table">Kept up to date.</param>
    /// <param name="identities">Who has proved what it is.</param>
    /// <param name="own">A node that can't work with this version is told of to nobody.</param>
    /// <param name="lookInterval">How often to look whether the processes of all nodes are there; null to leave that to others.</param>
    public WorkerRoster(WorkerTable table, NodeIdentities identities, NodeVersion own, TimeSpan? lookInterval)
    {
        (_table, _identities, _own) = (table, identities, own);
        _watch = lookInterval is { } interval ? Context.ActorOf(Props.Create(() => new ProcessWatch(interval)), "processes")
            : ActorRefs.Nobody;
        Receive<ClusterEvent.MemberUp>(up => OnUp(up.Member));
        Receive<ClusterEvent.ReachableMember>(reachable => Reachable(reachable.Member));
        Receive<ClusterEvent.MemberLeft>(left => Leaving(left.Member.Address));
        Receive<ClusterEvent.MemberExited>(exited => Leaving(exited.Member.Address));
        Receive<ClusterEvent.UnreachableMember>(unreachable => Unreachable(unreachable.Member.Address));
        Receive<ClusterEvent.MemberDowned>(downed => Gone(downed.Member.Address));
        Receive<ClusterEvent.MemberRemoved>(removed => Removed(removed.Member));
        Receive<ClusterEvent.IMemberEvent>(_ => { });
        Receive<ClusterEvent.IReachabilityEvent>(_ => { });
        Receive<ProcessWatch.ProcessGone>(OnProcessGone);
        Receive<Suspect>(suspect => OnSuspect(suspect.Name));
        Receive<WorkerDescription>(Describe);
        Receive<NodeProven>(proven => Ask(proven.Node));
        Receive<AskAgain>(_ => AskUnanswered());
        Receive<Refresh>(_ => AskAll());
        Receive<Subscribe>(_ => Add(Sender));
        Receive<Terminated>(ended => _subscribers.Remove(ended.ActorRef));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent),
                typeof(ClusterEvent.IReachabilityEvent));
        Context.System.EventStream.Subscribe(Self, typeof(NodeProven));
        Timers.StartPeriodicTimer(nameof(Refresh), Refresh.Instance, s_refreshInterval);
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        Context.System.EventStream.Unsubscribe(Self);
    }

    /// <summary>Each of two that can't work together says so once, with both versions.</summary>
    private void OnUp(Member member)
    {
        if (_own.WhyNotWith(NodeVersion.Of(member)) is { } reason)
            _log.Warning("the node {0} at {1} can't work with this one: {2}", NodeName.Of(member), NodeAddress.HostAndPort(member.Address),
                reason);
        Reachable(member);
    }

    private void Reachable(Member member)
    {
        if (!member.HasRole(ClusterNames.WorkerRole) || member.Status != MemberStatus.Up || _workers.ContainsKey(member.Address)
            || _ended.Contains(member.UniqueAddress) || _own.WhyNotWith(NodeVersion.Of(member)) is not null)
        {
            return;
        }

        _workers.Add(member.Address, new Known(member.UniqueAddress, null, ActorRefs.Nobody, IsTold: false));
        Ask(member.UniqueAddress);
    }

    private void Leaving(Address address)
    {
        if (_workers.TryGetValue(address, out Known known) && known is { IsTold: true, Description: { } description })
            Tell(new WorkerLeaves(description.Name));
    }

    private void Unreachable(Address address)
    {
        _watch.Tell(new ProcessWatch.LookAt(address));
        Gone(address);
    }

    private void Removed(Member member)
    {
        _ended.Remove(member.UniqueAddress);
        Gone(member.Address);
    }

    private void OnProcessGone(ProcessWatch.ProcessGone gone)
    {
        _ended.Add(gone.Node);
        Gone(gone.Node.Address);
    }

    private void OnSuspect(string name)
    {
        foreach ((Address address, Known known) in _workers)
        {
            if (known.Description?.Name == name)
                _watch.Tell(new ProcessWatch.LookAt(address));
        }
    }

    private void Gone(Address address)
    {
        if (!_workers.Remove(address, out Known known) || known.Description is not { } description)
            return;
        _table.Remove(NodeAddress.HostAndPort(address));
        if (!known.IsTold)
            return;
        Tell(new WorkerGone(description.Name));
        foreach ((Address other, Known waiting) in _workers)
        {
            if (waiting.Description?.Name == description.Name)
            {
                TellOf(other, waiting);
                break;
            }
        }
    }

    private void Describe(WorkerDescription description)
    {
        Address address = Sender.Path.Address.HasGlobalScope ? Sender.Path.Address : _cluster.SelfAddress;
        if (!_workers.TryGetValue(address, out Known known) || !IsProven(known.Node))
            return;
        if (known.Description is not null && known.Worker.Path.Uid != Sender.Path.Uid)
        {
            // Another process at the same address, which the cluster will tell of when it has joined.
            Gone(address);
            return;
        }

        var now = known with { Description = description, Worker = Sender };
        _workers[address] = now;
        _table.Set(NodeAddress.HostAndPort(address), description);
        if (description.IsLeaving)
            Leaving(address);
        else if (!known.IsTold && !_workers.Any(other => other.Value.IsTold && other.Value.Description?.Name == description.Name))
            TellOf(address, now);
    }

    private void TellOf(Address address, Known known)
    {
        _workers[address] = known with { IsTold = true };
        Tell(new WorkerUp(known.Description!, known.Worker));
    }

    private void AskAll()
    {
        foreach (Known known in _workers.Values)
            Ask(known.Node);
    }

    private void AskUnanswered()
    {
        foreach (Known known in _workers.Values)
        {
            if (known.Description is null)
                Ask(known.Node);
        }
    }

    private void Ask(UniqueAddress node)
    {
        if (!_workers.TryGetValue(node.Address, out Known known) || known.Node != node || !IsProven(node))
            return;
        Context.ActorSelection(new RootActorPath(node.Address) / "user" / ClusterNames.WorkerActor).Tell(new DescribeWorker());
        if (known.Description is null && !Timers.IsTimerActive(nameof(AskAgain)))
            Timers.StartSingleTimer(nameof(AskAgain), AskAgain.Instance, s_askInterval);
    }

    private bool IsProven(UniqueAddress node) =>
        node == _cluster.SelfUniqueAddress || _identities.Of(NodeProcess.Of(node)).Verdict == IdentityVerdict.Proven;

    private void Add(IActorRef subscriber)
    {
        if (_subscribers.Add(subscriber))
            Context.Watch(subscriber);
        foreach (Known known in _workers.Values)
        {
            if (known is { IsTold: true, Description: { IsLeaving: false } description })
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

    /// <summary>A worker does not answer, or its bytes can't be had: is its process there?</summary>
    internal sealed record Suspect(string Name) : INoSerializationVerificationNeeded;

    /// <summary>A worker takes tasks.</summary>
    internal sealed record WorkerUp(WorkerDescription Description, IActorRef Worker) : INoSerializationVerificationNeeded;

    /// <summary>A worker takes no more tasks, and will answer those that it has.</summary>
    internal sealed record WorkerLeaves(string Name) : INoSerializationVerificationNeeded;

    /// <summary>A worker can't be reached; it may come back.</summary>
    internal sealed record WorkerGone(string Name) : INoSerializationVerificationNeeded;

    private sealed record Refresh : INoSerializationVerificationNeeded
    {
        internal static Refresh Instance { get; } = new();
    }

    private sealed record AskAgain : INoSerializationVerificationNeeded
    {
        internal static AskAgain Instance { get; } = new();
    }

    /// <param name="Node">Its process.</param>
    /// <param name="Description">Null before it has answered.</param>
    /// <param name="Worker">Its actor.</param>
    /// <param name="IsTold">Whether subscribers know of it.</param>
    private readonly record struct Known(UniqueAddress Node, WorkerDescription? Description, IActorRef Worker, bool IsTold);
}
