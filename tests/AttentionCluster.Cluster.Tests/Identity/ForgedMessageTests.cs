using System.Threading.Channels;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster;
using Akka.Configuration;
using AttentionCluster.Cluster.Hosting;
using AttentionCluster.Cluster.Identity;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Tests.DataPlane.Http;
using AttentionCluster.Cluster.Tests.Membership;
using AttentionCluster.Cluster.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AttentionCluster.Cluster.Tests.Identity;

/// <summary>A node that joins by itself, and sends control messages without the secret of the cluster: nothing comes of any.</summary>
public sealed class ForgedMessageTests : IAsyncLifetime
{
    private const string OtherSecret = "ffffffffffffffffffffffffffffffff";

    private TestCluster _cluster = null!;
    private IHost _worker = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync(workers: 1);
        _worker = _cluster.Node("worker-1");
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData(OtherSecret, false)]
    [InlineData(HttpNode.Secret, true)]
    public async Task A_node_is_drained_only_by_who_knows_the_secret(string secret, bool isDrained)
    {
        using ActorSystem intruder = await JoinAsync(secret);
        UniqueAddress target = SelfOf(_worker);

        var drain = new DrainNode { Address = NodeAddress.HostAndPort(target.Address), Uid = target.Uid };
        await SendAsync(intruder, DrainRequest.Receiver.ActorName, drain);

        Assert.Equal(isDrained, _worker.Services.GetRequiredService<ClusterMembership>().WaitForDrainAsync().IsCompleted);
    }

    [Fact]
    public async Task A_request_to_leave_is_worth_nothing_for_another_process_than_it_was_made_for()
    {
        using ActorSystem member = await JoinAsync(HttpNode.Secret);
        UniqueAddress target = SelfOf(_worker);

        await SendAsync(member, DrainRequest.Receiver.ActorName,
            new DrainNode { Address = NodeAddress.HostAndPort(target.Address), Uid = target.Uid + 1 });

        Assert.False(_worker.Services.GetRequiredService<ClusterMembership>().WaitForDrainAsync().IsCompleted);
    }

    [Theory]
    [InlineData(OtherSecret, false)]
    [InlineData(HttpNode.Secret, true)]
    public async Task A_worker_answers_only_who_knows_the_secret(string secret, bool isAnswered)
    {
        using ActorSystem intruder = await JoinAsync(secret);
        var received = Channel.CreateUnbounded<object>();
        IActorRef listener = intruder.ActorOf(Props.Create(() => new Listener(received.Writer)));

        await SendAsync(intruder, ClusterNames.WorkerActor, new DescribeWorker(), listener);

        // The answer may be on its way for a moment longer than what SendAsync waits for.
        if (isAnswered)
            Assert.IsType<WorkerDescription>(await received.Reader.ReadAsync().AsTask().InTime());
        else
            Assert.False(received.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_task_of_who_does_not_know_the_secret_is_not_even_begun()
    {
        using ActorSystem intruder = await JoinAsync(OtherSecret);
        using ActorSystem member = await JoinAsync(HttpNode.Secret);
        var received = Channel.CreateUnbounded<object>();

        // A task that can't be computed is answered with the reason. The worker takes them one after another.
        await SendAsync(intruder, ClusterNames.WorkerActor, NewTask("forged"),
            intruder.ActorOf(Props.Create(() => new Listener(received.Writer))));
        await SendAsync(member, ClusterNames.WorkerActor, NewTask("right"),
            member.ActorOf(Props.Create(() => new Listener(received.Writer))));

        Assert.Equal("right", Assert.IsType<TaskFailed>(await received.Reader.ReadAsync().AsTask().InTime()).Job);
    }

    [Fact]
    public async Task Who_does_not_know_the_secret_is_named_and_not_told_of()
    {
        using ActorSystem intruder = await JoinAsync(OtherSecret);
        IClusterView view = _cluster.Gateway.GetRequiredService<IClusterView>();

        string address = NodeAddress.HostAndPort(Akka.Cluster.Cluster.Get(intruder).SelfAddress);
        while (view.Status().Nodes.SingleOrDefault(node => node.Address == address) is not { Problem: not null, State: "up" })
            await Task.Delay(20).InTime();

        Assert.Equal(1, view.Status().WorkersUp());
    }

    private static ComputeTask NewTask(string job) =>
        new() { Job = job, Segment = new SegmentKey(), Query = new TensorRef(), Key = new TensorRef(), Value = new TensorRef() };

    private static UniqueAddress SelfOf(IHost host) =>
        Akka.Cluster.Cluster.Get(host.Services.GetRequiredService<ActorSystem>()).SelfUniqueAddress;

    /// <summary>Sends a message, and waits until it has been taken, or dropped: what follows it has been answered.</summary>
    private async Task SendAsync(ActorSystem from, string actor, object message, IActorRef? sender = null)
    {
        ActorSelection target = from.ActorSelection(new RootActorPath(SelfOf(_worker).Address) / "user" / actor);
        target.Tell(message, sender ?? ActorRefs.NoSender);
        await target.Ask<ActorIdentity>(new Identify(0), Patience.Limit);
    }

    /// <summary>An actor system of the product's settings that joins the cluster as a worker, and does nothing else.</summary>
    private async Task<ActorSystem> JoinAsync(string secret)
    {
        Config config = ConfigurationFactory.ParseString(
            """
            akka.loglevel = off
            akka.cluster.roles = ["worker", "name:intruder"]
            akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
            """).WithFallback(AkkaSettings.ForEveryNode());
        ActorSystem system = ActorSystem.Create(
            ClusterNames.System,
                ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config), new ClusterKeysSetup(new ClusterKeys(secret))));
        await Akka.Cluster.Cluster.Get(system).JoinAsync(SelfOf(_worker).Address).InTime();
        return system;
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(ChannelWriter<object> received) => ReceiveAny(message => received.TryWrite(message));
    }
}
