using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Tests.Segments;

public sealed class SegmentEntityTests : TestKit
{
    private static readonly SegmentKey Segment = new() { Context = "c", Batch = 1, KvHead = 2, Segment = 3, SegmentCount = 4 };

    private readonly TestProbe _shard;
    private readonly IActorRef _entity;

    public SegmentEntityTests()
        : base(StrictAkka.Settings)
    {
        _shard = CreateTestProbe();
        _entity = _shard.ChildActorOf(Props.Create(() => new SegmentEntity("ann")));
    }

    [Fact]
    public void It_says_which_worker_is_its_home()
    {
        _entity.Tell(new LocateSegment { Job = "job", Segment = Segment }, TestActor);

        Assert.Equal(new SegmentLocated { Job = "job", Segment = Segment, Worker = "ann" }, ExpectMsg<SegmentLocated>());
    }

    [Fact]
    public void The_end_of_its_job_stops_it()
    {
        _entity.Tell(new JobEnded { Job = "job", Segment = Segment }, TestActor);

        Assert.IsType<PoisonPill>(_shard.ExpectMsg<Passivate>().StopMessage);
    }
}
