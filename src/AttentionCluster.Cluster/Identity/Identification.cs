using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using AttentionCluster.Cluster.Wire;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Identity;

/// <summary>
/// Has every other member of the cluster prove that it knows the secret, and proves the same to whoever asks. To be a member proves
/// nothing: without TLS everyone who reaches the cluster address can be one. A node that can't prove it is named, and gets nothing. Once
/// all is known, nothing is sent.
/// </summary>
internal sealed class Identification : ReceiveActor, IWithTimers
{
    /// <summary>Its name in the actor system, the same on all nodes.</summary>
    internal const string ActorName = "identity";

    /// <summary>A message may get lost.</summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    /// <summary>After so many questions in vain a node is asked only every <see cref="SlowEvery"/>th time.</summary>
    private const int QuickQuestionsMax = 50;
    private const int SlowEvery = 10;

    /// <summary>So many questions, over some 15 s, and it is worth a word.</summary>
    private const int QuestionsBeforeWarning = 60;

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly NodeIdentities _identities;
    private readonly IdentityProof _proof;
    private readonly ClusterId _id;
    private readonly NodeProcess _self;
    private readonly string _name;

    /// <summary>The other members, each with the nonce that it has to answer.</summary>
    private readonly Dictionary<NodeProcess, Peer> _peers = [];

    private int _ticks;

    /// <param name="keys">The cluster's.</param>
    /// <param name="identities">Kept up to date.</param>
    /// <param name="id">The cluster's; found out when it is not known.</param>
    /// <param name="name">What this node is called.</param>
    public Identification(ClusterKeys keys, NodeIdentities identities, ClusterId id, string name)
    {
        (_identities, _proof, _id, _self, _name) =
            (identities, new IdentityProof(keys), id, NodeProcess.Of(_cluster.SelfUniqueAddress), name);
        Receive<ClusterEvent.MemberRemoved>(removed => Remove(NodeProcess.Of(removed.Member.UniqueAddress)));
        Receive<ClusterEvent.IMemberEvent>(change => Add(change.Member));
        Receive<IdentifyNode>(Answer);
        Receive<NodeIdentity>(OnAnswer);
        Receive<AskAgain>(_ => AskAll());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void Add(Member member)
    {
        var node = NodeProcess.Of(member.UniqueAddress);
        if (node != _self && _peers.TryAdd(node, new Peer(member.UniqueAddress, NodeName.Of(member))))
            Ask(node, _peers[node]);
        BelongToOwn();
        AskAgainSoon();
    }

    private void Remove(NodeProcess node)
    {
        _peers.Remove(node);
        _identities.Remove(node);
    }

    private void AskAll()
    {
        _ticks++;
        foreach ((NodeProcess node, Peer peer) in _peers)
        {
            if (!IsSettled(node) && (peer.Questions < QuickQuestionsMax || _ticks % SlowEvery == 0))
                Ask(node, peer);
        }

        BelongToOwn();
        AskAgainSoon();
    }

    private void AskAgainSoon()
    {
        if ((_id.Value is null || !_peers.Keys.All(IsSettled)) && !Timers.IsTimerActive(nameof(AskAgain)))
            Timers.StartSingleTimer(nameof(AskAgain), AskAgain.Instance, s_interval);
    }

    /// <summary>A node that has proved itself is asked on as long as only it can say which cluster this is.</summary>
    private bool IsSettled(NodeProcess node) => _identities.Of(node) is { IsSettled: true } peer
        && (_id.Value is not null || peer.Verdict != IdentityVerdict.Proven);

    /// <summary>Whether this node has formed the cluster, or nobody is left who could say which one it is.</summary>
    private bool IsFirst()
    {
        Member self = _cluster.SelfMember;
        return self.Status == MemberStatus.Up && _cluster.State.Members.All(member =>
            !member.IsOlderThan(self) || _identities.Of(NodeProcess.Of(member.UniqueAddress)).IsForeign);
    }

    private void Ask(NodeProcess node, Peer peer)
    {
        Context.ActorSelection(new RootActorPath(peer.Node.Address) / "user" / ActorName)
            .Tell(new IdentifyNode { Nonce = ByteString.CopyFrom(peer.Nonce), Address = _self.Address, Uid = _self.Uid });
        if (++peer.Questions == QuestionsBeforeWarning && _identities.Of(node).Verdict == IdentityVerdict.Unanswered)
            _log.Warning("the node at {0} has not proved that it knows the secret of this cluster: it gets nothing until it does",
                node.Address);
    }

    private void Answer(IdentifyNode question)
    {
        if (question.Nonce.Length != IdentityProof.NonceBytes)
            return;
        var asker = new NodeProcess(question.Address, question.Uid);
        var answer = new NodeIdentity
        {
            Nonce = question.Nonce,
            Address = _self.Address,
            Uid = _self.Uid,
            Name = _name,
            Cluster = _id.Value ?? "",
            KnowsAsker = _identities.Of(asker).Verdict != IdentityVerdict.Unanswered,
        };
        answer.Proof = ByteString.CopyFrom(_proof.Of(asker, answer));
        Sender.Tell(answer);
        if (_peers.TryGetValue(asker, out Peer? peer) && !IsSettled(asker))
            Ask(asker, peer);
    }

    private void OnAnswer(NodeIdentity answer)
    {
        var node = new NodeProcess(answer.Address, answer.Uid);
        if (!_peers.TryGetValue(node, out Peer? peer) || !answer.Nonce.Span.SequenceEqual(peer.Nonce))
            return;
        PeerIdentity before = _identities.Of(node);
        if (before.IsForeign)
            return;
        bool isRight = _proof.IsRight(_self, answer);
        if (isRight && _id.Value is null && answer.Cluster.Length > 0)
            Belong(answer.Cluster);
        IdentityVerdict verdict =
            !isRight ? IdentityVerdict.OtherSecret :
            answer.Cluster.Length > 0 && answer.Cluster != _id.Value ? IdentityVerdict.OtherCluster :
            IdentityVerdict.Proven;

        // Who has proved it once has proved it for good: what comes after that and is wrong comes from somebody else.
        if (before.Verdict == IdentityVerdict.Proven && !isRight)
            return;
        _identities.Set(node, new PeerIdentity(verdict, answer.KnowsAsker, answer.Cluster));
        if (verdict == IdentityVerdict.Proven && before.Verdict != IdentityVerdict.Proven)
            Context.System.EventStream.Publish(new NodeProven(peer.Node));
        else if (verdict == IdentityVerdict.OtherSecret)
            _log.Warning("the node {0} at {1} has joined, but its secret differs from this node's: it gets nothing; give it the secret of "
                + "this cluster (Security:Secret, or the file cluster-secret of a data directory), and start it anew", peer.Name,
                node.Address);
        else if (verdict == IdentityVerdict.OtherCluster)
            _log.Warning("the node {0} at {1} has joined, but it belongs to another cluster ({2}; this one is {3}): it gets nothing; to "
                + "have it belong here, end it, delete the file cluster-id of its data directory, and start it anew", peer.Name,
                node.Address, answer.Cluster, _id.Value);
    }

    private void BelongToOwn()
    {
        if (_id.Value is null && IsFirst())
            Belong(ClusterId.New());
    }

    private void Belong(string id)
    {
        if (_id.Belong(id) is { } problem)
            _log.Warning("{0} can't be written ({1}): once started anew, this node will not know its cluster", _id.Path, problem);
    }

    private sealed class Peer(UniqueAddress node, string name)
    {
        internal UniqueAddress Node => node;

        internal string Name => name;

        internal byte[] Nonce { get; } = IdentityProof.NewNonce();

        /// <summary>How often it was asked.</summary>
        internal int Questions { get; set; }
    }

    private sealed record AskAgain : INoSerializationVerificationNeeded
    {
        internal static AskAgain Instance { get; } = new();
    }
}
