using System.Runtime.Serialization;
using Akka.Actor;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Tests.Fuzzing;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Tests.Wire;

/// <summary>Bytes under any manifest are one of the messages, or a serialization error, at a price in proportion.</summary>
[Collection(FuzzCollection.Name)]
public sealed class FuzzedMessageTests : IDisposable
{
    private const long AllocatedBytesMax = 64 << 10;

    private readonly ActorSystem _system = ActorSystem.Create("wire-fuzz", "akka.loglevel = off");
    private readonly WireSerializer _serializer;

    public FuzzedMessageTests() => _serializer = new WireSerializer((ExtendedActorSystem)_system);

    [Fact]
    public void Damaged_messages_are_read_or_refused_under_every_manifest()
    {
        IMessage[] messages = [.. WireMessages.TopLevel.Select((type, seed) => WireMessages.Fill(type, new Random(seed)))];
        string[] manifests = [.. messages.Select(_serializer.Manifest)];

        FuzzLoop.Run(
            2_000, random => new Mutator(random).Damage([.. messages.Select(message => message.ToByteArray())]),
            bytes =>
            {
                string manifest = manifests[bytes.Length % manifests.Length];
                object message = _serializer.FromBinary(_serializer.Sealed(manifest, bytes), manifest);
                if (message is ComputeTask { Query: { } query } task)
                    Assert.True(Record.Exception(() => query.ToSource()) is null or ArgumentOutOfRangeException, $"{task}");
            },
            problem => problem is SerializationException, AllocatedBytesMax);
    }

    [Fact]
    public void Damaged_manifests_are_refused() => FuzzLoop.Run(
        500, random => System.Text.Encoding.UTF8.GetBytes(new Mutator(random)
            .Damage(["compute-task", "task-done", "System.String, mscorlib"])),
        bytes => _serializer.FromBinary([], System.Text.Encoding.UTF8.GetString(bytes)),
        problem => problem is SerializationException, AllocatedBytesMax);

    public void Dispose() => _system.Dispose();
}
