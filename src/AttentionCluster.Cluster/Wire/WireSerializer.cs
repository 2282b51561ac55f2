using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Wire;

/// <summary>
/// The one serializer of this product's messages, and of what its journal holds: protobuf, with a closed list of types. A type that is not on
/// the list can neither leave nor enter a node. The names are written in journals, and never change.
/// </summary>
public sealed class WireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly Dictionary<string, MessageParser> Parsers = new(StringComparer.Ordinal)
    {
        ["compute-task"] = ComputeTask.Parser,
        ["task-done"] = TaskDone.Parser,
        ["task-failed"] = TaskFailed.Parser,
        ["describe-worker"] = DescribeWorker.Parser,
        ["worker-description"] = WorkerDescription.Parser,
        ["shard-weights"] = ShardWeights.Parser,
        ["locate-segment"] = LocateSegment.Parser,
        ["segment-located"] = SegmentLocated.Parser,
        ["task-returned"] = TaskReturned.Parser,
        ["cancel-task"] = CancelTask.Parser,
        ["job-ended"] = JobEnded.Parser,
        ["drain-node"] = DrainNode.Parser,
        ["node-drains"] = NodeDrains.Parser,
        ["job-begun"] = JobBegun.Parser,
        ["blocks-done"] = BlocksDone.Parser,
        ["job-progress-snapshot"] = JobProgressSnapshot.Parser,
    };

    /// <summary>Part of the wire format: never changes.</summary>
    public override int Identifier => 7_301;

    /// <inheritdoc/>
    public override string Manifest(object o) => o switch
    {
        ComputeTask => "compute-task",
        TaskDone => "task-done",
        TaskFailed => "task-failed",
        DescribeWorker => "describe-worker",
        WorkerDescription => "worker-description",
        ShardWeights => "shard-weights",
        LocateSegment => "locate-segment",
        SegmentLocated => "segment-located",
        TaskReturned => "task-returned",
        CancelTask => "cancel-task",
        JobEnded => "job-ended",
        DrainNode => "drain-node",
        NodeDrains => "node-drains",
        JobBegun => "job-begun",
        BlocksDone => "blocks-done",
        JobProgressSnapshot => "job-progress-snapshot",
        _ => throw new SerializationException($"{o.GetType()} is not a message of the wire protocol"),
    };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) =>
        obj is IMessage message ? message.ToByteArray() : throw new SerializationException($"{obj.GetType()} is not a message of the wire protocol");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!Parsers.TryGetValue(manifest, out MessageParser? parser))
            throw new SerializationException($"unknown message \"{manifest}\"");
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new SerializationException($"malformed message \"{manifest}\": {e.Message}", e);
        }
    }
}
