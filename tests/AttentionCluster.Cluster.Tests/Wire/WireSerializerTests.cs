using System.Runtime.Serialization;
using Akka.Actor;
using AttentionCluster.Cluster.Wire;
using CsCheck;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Tests.Wire;

public sealed class WireSerializerTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("wire", "akka.loglevel = off");
    private readonly WireSerializer _serializer;

    public WireSerializerTests() => _serializer = new WireSerializer((ExtendedActorSystem)_system);

    /// <summary>
    /// Journals have them, and nodes of other releases. A manifest that is missing here is a change of the wire that nobody decided on.
    /// </summary>
    [Fact]
    public void Identifier_and_manifests_are_wire_format_and_never_change()
    {
        string[] fromNodeToNode =
        [
            "cancel-task", "compute-task", "describe-worker", "drain-node", "job-ended", "locate-segment", "node-drains", "segment-located",
            "shard-weights", "task-done", "task-failed", "task-returned", "worker-description",
        ];
        string[] withoutSeal = ["blocks-done", "identify-node", "job-begun", "job-progress-snapshot", "node-identity"];

        ILookup<bool, string> isSealed = WireMessages.TopLevel.ToLookup(
            type => _serializer.ToBinary(type.Parser.ParseFrom(ByteString.Empty)).Length > 0, type =>
                _serializer.Manifest(type.Parser.ParseFrom(ByteString.Empty)));

        Assert.Equal(7301, _serializer.Identifier);
        Assert.Equal(fromNodeToNode, isSealed[true].Order(StringComparer.Ordinal));
        Assert.Equal(withoutSeal, isSealed[false].Order(StringComparer.Ordinal));
        Assert.Equal("compute-task", _serializer.Manifest(new ComputeTask()));
        Assert.Equal("job-begun", _serializer.Manifest(new JobBegun()));
    }

    [Fact]
    public void Every_message_that_is_no_part_of_another_has_a_manifest_of_its_own() => Assert.Equal(
        WireMessages.TopLevel.Count,
            WireMessages.TopLevel.Select(type => _serializer.Manifest(type.Parser.ParseFrom(ByteString.Empty))).Distinct().Count());

    [Fact]
    public void Every_message_arrives_as_it_was_sent() => WireMessages.Any.Sample(message =>
        Assert.Equal(message, _serializer.FromBinary(_serializer.ToBinary(message), _serializer.Manifest(message))));

    [Fact]
    public void Broken_bytes_give_a_message_or_a_serialization_error_and_nothing_else() =>
        Gen.Select(WireMessages.Any, Gen.Int).Sample(
            (message, seed) =>
            {
                string manifest = _serializer.Manifest(message);
                byte[] broken = _serializer.Sealed(manifest, Break(message.ToByteArray(), new Random(seed)));
                object? received = null;
                Exception? error = Record.Exception(() => received = _serializer.FromBinary(broken, manifest));

                Assert.True(error is null ? received!.GetType() == message.GetType() : error is SerializationException, $"{error}");
            },
            iter: 10_000);

    [Fact]
    public void What_goes_from_node_to_node_is_refused_when_a_bit_of_it_is_changed() => WireMessages.Any.Sample(message =>
    {
        string manifest = _serializer.Manifest(message);
        byte[] bytes = _serializer.ToBinary(message);
        bytes[^1] ^= 1;
        if (message is not (JobBegun or BlocksDone or JobProgressSnapshot or IdentifyNode or NodeIdentity))
            Assert.Contains("secret", Assert.Throws<SerializationException>(() => _serializer.FromBinary(bytes, manifest)).Message,
                StringComparison.Ordinal);
    });

    [Fact]
    public void A_message_does_not_pass_for_one_of_another_kind() => Assert.Throws<SerializationException>(
        () => _serializer.FromBinary(_serializer.ToBinary(new CancelTask { Job = "a" }), _serializer.Manifest(new JobEnded())));

    [Fact]
    public void An_unknown_message_is_refused() =>
        Assert.All(["", "compute-Task", "claim-check", "System.String"], manifest =>
            Assert.Throws<SerializationException>(() => _serializer.FromBinary([], manifest)));

    [Fact]
    public void An_object_of_another_kind_is_refused() => Assert.All<object>(["text", 1, new InvalidOperationException()], foreign =>
    {
        Assert.Throws<SerializationException>(() => _serializer.Manifest(foreign));
        Assert.Throws<SerializationException>(() => _serializer.ToBinary(foreign));
    });

    [Fact]
    public void A_part_of_a_message_is_no_message() =>
        Assert.Throws<SerializationException>(() => _serializer.Manifest(new SegmentKey()));

    public void Dispose() => _system.Dispose();

    /// <summary>One to four times: a bit flipped, bytes cut out, or bytes put in.</summary>
    private static byte[] Break(byte[] bytes, Random random)
    {
        var broken = bytes.ToList();
        for (int times = random.Next(1, 5); times > 0; times--)
        {
            int at = random.Next(broken.Count);
            switch (random.Next(3))
            {
                case 0 when broken.Count > 0:
                    broken[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    broken.RemoveRange(at, random.Next(broken.Count - at + 1));
                    break;
                default:
                    byte[] more = new byte[random.Next(20)];
                    random.NextBytes(more);
                    broken.InsertRange(at, more);
                    break;
            }
        }

        return [.. broken];
    }
}
