using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;
using AttentionCluster.Cluster.Identity;

namespace AttentionCluster.Cluster.Membership;

/// <summary>
/// A gateway's look at the processes of all other nodes: when a connection with one breaks, when somebody suspects one, and every few
/// seconds. A process that is gone is told to the parent at once, so that its work goes elsewhere, and to the cluster, so that its segments
/// do: by itself that would find out half a minute later, and a gateway that had lost all its workers would think itself cut off, and end.
/// Nodes that can't be reached are left to heartbeats.
/// </summary>
internal sealed class ProcessWatch : ReceiveActor, IWithTimers
{
    /// <summary>So many refusals in a row prove that a process is gone: the first may have met one that is just listening anew.</summary>
    private const int RefusalsMin = 2;

    /// <summary>From one refusal to the next look.</summary>
    private static readonly TimeSpan s_secondLook = TimeSpan.FromMilliseconds(200);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly TimeSpan _interval;

    /// <summary>Nodes that are being looked at, with the refusals in a row so far.</summary>
    private readonly Dictionary<UniqueAddress, int> _looking = [];

    private readonly HashSet<UniqueAddress> _ended = [];

    /// <summary>Begins to look.</summary>
    /// <param name="interval">From one look at all to the next.</param>
    public ProcessWatch(TimeSpan interval)
    {
        _interval = interval;
        Receive<LookAtAll>(_ => LookAround());
        Receive<LookAt>(look => LookAtOne(look.Address));
        Receive<AssociationEvent>(broken => LookAtOne(broken.RemoteAddress));
        Receive<Again>(again => Look(again.Node));
        Receive<Seen>(OnSeen);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
        Timers.StartPeriodicTimer(nameof(LookAtAll), LookAtAll.Instance, _interval);
    }

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    private void LookAround()
    {
        _ended.IntersectWith(_cluster.State.Members.Select(member => member.UniqueAddress));
        foreach (Member member in _cluster.State.Members)
            Begin(member);
    }

    private void LookAtOne(Address address)
    {
        if (_cluster.State.Members.FirstOrDefault(member => member.Address == address) is { } member)
            Begin(member);
    }

    /// <summary>A member that is exiting or down is on its way out of the cluster anyway.</summary>
    private void Begin(Member member)
    {
        if (member.Status is MemberStatus.Exiting or MemberStatus.Down or MemberStatus.Removed
            || member.UniqueAddress == _cluster.SelfUniqueAddress
            || _ended.Contains(member.UniqueAddress) || !_looking.TryAdd(member.UniqueAddress, 0))
        {
            return;
        }

        Look(member.UniqueAddress);
    }

    private void Look(UniqueAddress node) =>
        ProcessProbe.AtAsync(node.Address.Host, node.Address.Port!.Value).PipeTo(Self, success: sign => new Seen(node, sign));

    private void OnSeen(Seen seen)
    {
        if (seen.Sign != ProbeResult.Refused)
        {
            _looking.Remove(seen.Node);
        }
        else if (++_looking[seen.Node] < RefusalsMin)
        {
            Timers.StartSingleTimer(seen.Node, new Again(seen.Node), s_secondLook);
        }
        else
        {
            _looking.Remove(seen.Node);
            End(seen.Node);
        }
    }

    /// <summary>Unless another process listens at its address by now: an address is all that the cluster can be told.</summary>
    private void End(UniqueAddress node)
    {
        if (!_cluster.State.Members.Any(member => member.UniqueAddress == node) || !_ended.Add(node))
            return;
        _log.Warning("the process of the node at {0} is gone: nothing listens there any more; it is removed from the cluster",
            NodeAddress.HostAndPort(node.Address));
        Context.Parent.Tell(new ProcessGone(node));

        // A member that is down is removed once it is unreachable as well, which heartbeats would find out only after their pause.
        Context.System.EventStream.Publish(new QuarantinedEvent(node.Address, node.Uid));
        _cluster.Down(node.Address);
    }

    /// <summary>Somebody suspects a node. Stays in this process, like all of these.</summary>
    internal sealed record LookAt(Address Address) : INoSerializationVerificationNeeded;

    /// <summary>To the parent: the process of a node is gone.</summary>
    internal sealed record ProcessGone(UniqueAddress Node) : INoSerializationVerificationNeeded;

    private sealed record LookAtAll : INoSerializationVerificationNeeded
    {
        internal static LookAtAll Instance { get; } = new();
    }

    private sealed record Again(UniqueAddress Node) : INoSerializationVerificationNeeded;

    private sealed record Seen(UniqueAddress Node, ProbeResult Sign) : INoSerializationVerificationNeeded;
}
