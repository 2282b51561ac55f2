using Akka.Actor;
using Akka.Cluster.Sharding;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Segments;

/// <summary>
/// The home of one segment of one KV head: says which worker that is. Whoever coordinates a job sends the segment's tasks there first. It
/// holds no bytes itself, so it can stop, move and start again at any time.
/// </summary>
internal sealed class SegmentEntity : ReceiveActor
{
    public SegmentEntity(string worker)
    {
        Receive<LocateSegment>(locate => Sender.Tell(new SegmentLocated { Job = locate.Job, Segment = locate.Segment, Worker = worker }));
        Receive<JobEnded>(_ => Context.Parent.Tell(new Passivate(PoisonPill.Instance)));
    }
}
