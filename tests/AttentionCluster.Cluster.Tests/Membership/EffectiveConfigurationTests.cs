using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using AttentionCluster.Cluster.Hosting;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>A misspelt key of a HOCON file is silently ignored: so each is looked up where Akka looks.</summary>
public sealed class EffectiveConfigurationTests(ProductSystem product) : IClassFixture<ProductSystem>
{
    /// <summary>Every setting of <c>cluster-config</c>.</summary>
    private static readonly SortedDictionary<string, string> Expected = new(StringComparer.Ordinal)
    {
        ["akka.stdout-loglevel"] = "off",
        ["akka.log-dead-letters"] = "10",
        ["akka.log-dead-letters-during-shutdown"] = "off",
        ["akka.scheduler.tick-duration"] = "10ms",
        ["akka.actor.provider"] = "cluster",
        ["akka.actor.serializers.attention"] = "AttentionCluster.Cluster.Wire.WireSerializer, AttentionCluster.Cluster",
        ["akka.actor.serializers.json"] = "AttentionCluster.Cluster.Wire.NoJsonSerializer, AttentionCluster.Cluster",
        ["akka.actor.serialization-bindings.\"Google.Protobuf.IMessage, Google.Protobuf\""] = "attention",
        ["akka.actor.serialization-settings.allow-unregistered-types"] = "false",
        ["akka.actor.internal-dispatcher.executor"] = "AttentionCluster.Cluster.Hosting.DedicatedThreads, AttentionCluster.Cluster",
        ["akka.remote.dot-netty.tcp.tcp-reuse-addr"] = "off",
        ["akka.remote.dot-netty.tcp.maximum-frame-size"] = "1 MiB",
        ["akka.remote.dot-netty.tcp.send-buffer-size"] = "2 MiB",
        ["akka.remote.dot-netty.tcp.receive-buffer-size"] = "2 MiB",
        ["akka.remote.use-dispatcher"] = "akka.actor.internal-dispatcher",
        ["akka.cluster.failure-detector.heartbeat-interval"] = "2s",
        ["akka.cluster.distributed-data.notify-subscribers-interval"] = "1s",
        ["akka.cluster.use-dispatcher"] = "akka.actor.internal-dispatcher",
        ["akka.cluster.failure-detector.threshold"] = "12",
        ["akka.cluster.failure-detector.acceptable-heartbeat-pause"] = "10s",
        ["akka.cluster.downing-provider-class"] = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster",
        ["akka.cluster.split-brain-resolver.active-strategy"] = "keep-majority",
        ["akka.cluster.split-brain-resolver.stable-after"] = "15s",
        ["akka.cluster.split-brain-resolver.down-all-when-unstable"] = "off",
        ["akka.cluster.down-removal-margin"] = "3s",
        ["akka.cluster.retry-unsuccessful-join-after"] = "1s",
        ["akka.cluster.sharding.state-store-mode"] = "ddata",
        ["akka.cluster.sharding.remember-entities"] = "off",
        ["akka.cluster.sharding.passivate-idle-entity-after"] = "off",
        ["akka.cluster.sharding.distributed-data.durable.keys"] = "[]",
        ["akka.coordinated-shutdown.run-by-clr-shutdown-hook"] = "off",
        ["akka.coordinated-shutdown.exit-clr"] = "off",
        ["akka.coordinated-shutdown.run-by-actor-system-terminate"] = "off",
        ["akka.cluster.gossip-interval"] = "100ms",
        ["akka.cluster.leader-actions-interval"] = "100ms",
        ["akka.cluster.periodic-tasks-initial-delay"] = "100ms",
    };

    /// <summary>What a node that is its own cluster replaces.</summary>
    private static readonly Dictionary<string, string> Replaced = new()
    {
        ["akka.scheduler.tick-duration"] = "250ms",
        ["akka.cluster.gossip-interval"] = "1s",
        ["akka.cluster.leader-actions-interval"] = "500ms",
        ["akka.cluster.periodic-tasks-initial-delay"] = "200ms",
    };

    /// <summary>What Akka has no default for: entries that are added to a table.</summary>
    private static readonly string[] Added =
        ["akka.actor.serializers.attention", "akka.actor.serialization-bindings.\"Google.Protobuf.IMessage, Google.Protobuf\""];

    private Config InEffect => product.System.Settings.Config;

    [Fact]
    public void The_files_hold_these_settings_and_no_others() => Assert.Equal(
        Expected.Concat(Replaced).Select(Line).Order(StringComparer.Ordinal),
        Leaves(AkkaSettings.ForEveryNode()).Concat(Leaves(AkkaSettings.ForSingleNode())).Select(Line).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_setting_is_in_effect() =>
        Assert.All(Expected, setting => Assert.Equal(setting.Value, Text(InEffect.GetValue(setting.Key))));

    [Fact]
    public async Task Every_setting_replaces_one_that_Akka_has()
    {
        ActorSystem reference = ActorSystem.Create("reference", "akka.loglevel = off, akka.actor.provider = cluster, "
            + "akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }");
        ClusterSharding.Get(reference);

        Assert.All(Expected.Keys.Except(Added), path => Assert.True(reference.Settings.Config.HasPath(path), path));
        await reference.Terminate().InTime();
    }

    [Fact]
    public void Segments_are_sharded_without_anything_durable_and_never_evicted_for_being_idle()
    {
        ClusterShardingSettings sharding = ClusterShardingSettings.Create(product.System);

        Assert.Equal(StateStoreMode.DData, sharding.StateStoreMode);
        Assert.False(sharding.RememberEntities);
        Assert.Equal(TimeSpan.Zero, sharding.PassivateIdleEntityAfter);
        Assert.Empty(InEffect.GetStringList("akka.cluster.sharding.distributed-data.durable.keys"));
    }

    [Fact]
    public void A_busy_node_is_given_time_and_a_split_cluster_keeps_its_majority()
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(product.System);
        Config detector = cluster.Settings.FailureDetectorConfig;

        Assert.Equal(12, detector.GetDouble("threshold"));
        Assert.Equal(TimeSpan.FromSeconds(10), detector.GetTimeSpan("acceptable-heartbeat-pause"));
        Assert.IsType<Akka.Cluster.SBR.SplitBrainResolverProvider>(cluster.DowningProvider);
        Assert.Equal(TimeSpan.FromMilliseconds(100), cluster.Settings.GossipInterval);
        Assert.Equal(TimeSpan.FromMilliseconds(100), cluster.Settings.LeaderActionsInterval);
    }

    [Fact]
    public void A_frame_fits_the_socket_buffers()
    {
        Config tcp = InEffect.GetConfig("akka.remote.dot-netty.tcp");

        Assert.Equal(1 << 20, tcp.GetByteSize("maximum-frame-size"));
        Assert.Equal(2 << 20, tcp.GetByteSize("send-buffer-size"));
        Assert.Equal(2 << 20, tcp.GetByteSize("receive-buffer-size"));
    }

    [Fact]
    public async Task The_cluster_has_threads_of_its_own()
    {
        IActorRef witness = product.System.ActorOf(Props.Create(() => new ThreadWitness())
            .WithDispatcher("akka.actor.internal-dispatcher"));

        Assert.False(await witness.Ask<bool>(ThreadWitness.OnThreadPool, Patience.Limit));
    }

    [Fact]
    public void Cluster_and_remoting_use_these_threads()
    {
        Assert.Equal("akka.actor.internal-dispatcher", Akka.Cluster.Cluster.Get(product.System).Settings.UseDispatcher);
        Assert.Equal("akka.actor.internal-dispatcher", InEffect.GetString("akka.remote.use-dispatcher"));
    }

    private static string Line(KeyValuePair<string, string> setting) => $"{setting.Key} = {setting.Value}";

    private static IEnumerable<KeyValuePair<string, string>> Leaves(Config config) => Leaves("", config.Root);

    private static IEnumerable<KeyValuePair<string, string>> Leaves(string path, HoconValue value) => value.IsObject()
        ? value.GetObject().Items.SelectMany(item => Leaves(path + (path.Length == 0 ? "" : ".") + Quoted(item.Key), item.Value))
        : [KeyValuePair.Create(path, Text(value))];

    private static string Quoted(string key) => key.Contains('.', StringComparison.Ordinal) ? $"\"{key}\"" : key;

    private static string Text(HoconValue value) => value.GetString() ?? $"[{string.Join(", ", value.GetStringList())}]";

    private sealed class ThreadWitness : ReceiveActor
    {
        internal const string OnThreadPool = "on the thread pool?";

        public ThreadWitness() => Receive<string>(_ => Sender.Tell(Thread.CurrentThread.IsThreadPoolThread));
    }
}
