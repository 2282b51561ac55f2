using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using AttentionCluster.Cluster.Identity;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Wire;

/// <summary>
/// The one serializer of this product's messages, and of what its journal holds: protobuf, with a closed list of types. A type that is not on
/// the list can neither leave nor enter a node. The names are written in journals, and never change. What goes from node to node bears a seal
/// (<see cref="MessageSeal"/>); what is written in journals does not, and the two messages by which nodes prove that they know the secret bring their
/// own proof.
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
        ["identify-node"] = IdentifyNode.Parser,
        ["node-identity"] = NodeIdentity.Parser,
    };

    private static readonly HashSet<string> Unsealed =
        new(["job-begun", "blocks-done", "job-progress-snapshot", "identify-node", "node-identity"], StringComparer.Ordinal);

    private readonly MessageSeal _seal = new(
        system.Settings.Setup.Get<ClusterKeysSetup>() is { HasValue: true } setup ? setup.Value.Keys : ClusterKeys.OfOneNode(),
        Parsers.Keys.Where(manifest => !Unsealed.Contains(manifest)));

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
        IdentifyNode => "identify-node",
        NodeIdentity => "node-identity",
        _ => throw new SerializationException($"{o.GetType()} is not a message of the wire protocol"),
    };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj)
    {
        string manifest = Manifest(obj);
        var message = (IMessage)obj;
        if (Unsealed.Contains(manifest))
            return message.ToByteArray();
        byte[] bytes = new byte[message.CalculateSize() + MessageSeal.Bytes];
        message.WriteTo(bytes.AsSpan(..^MessageSeal.Bytes));
        _seal.Close(manifest, bytes);
        return bytes;
    }

    /// <summary>What a node that knows the secret sends under a manifest, whatever the bytes are; for tests.</summary>
    internal byte[] Sealed(string manifest, byte[] message)
    {
        if (Unsealed.Contains(manifest))
            return message;
        byte[] bytes = [.. message, .. stackalloc byte[MessageSeal.Bytes]];
        _seal.Close(manifest, bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!Parsers.TryGetValue(manifest, out MessageParser? parser))
            throw new SerializationException($"unknown message \"{manifest}\"");
        try
        {
            return parser.ParseFrom(Unsealed.Contains(manifest) ? bytes : _seal.Open(manifest, bytes));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new SerializationException($"malformed message \"{manifest}\": {e.Message}", e);
        }
    }
}
