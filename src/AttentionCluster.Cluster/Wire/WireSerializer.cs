using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using AttentionCluster.Cluster.Identity;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Wire;

/// <summary>
/// The one serializer of this product's messages, and of what its journal holds: protobuf, with a closed list of types
/// (<see cref="MessageTypes"/>). A type that is not on the list can neither leave nor enter a node. What goes from node to node bears a
/// seal (<see cref="MessageSeal"/>).
/// </summary>
internal sealed class WireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private readonly MessageSeal _seal = new(
        system.Settings.Setup.Get<ClusterKeysSetup>() is { HasValue: true } setup ? setup.Value.Keys : ClusterKeys.OfOneNode(),
        MessageTypes.Manifests.Where(MessageTypes.AreSealed));

    /// <summary>Part of the wire format: never changes.</summary>
    public override int Identifier => 7_301;

    /// <inheritdoc/>
    public override string Manifest(object o) =>
        MessageTypes.ManifestOf(o) ?? throw new SerializationException($"{o.GetType()} is not a message of the wire protocol");

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj)
    {
        string manifest = Manifest(obj);
        var message = (IMessage)obj;
        if (!MessageTypes.AreSealed(manifest))
            return message.ToByteArray();
        byte[] bytes = new byte[message.CalculateSize() + MessageSeal.Bytes];
        message.WriteTo(bytes.AsSpan(..^MessageSeal.Bytes));
        _seal.Close(manifest, bytes);
        return bytes;
    }

    /// <summary>What a node that knows the secret sends under a manifest, whatever the bytes are; for tests.</summary>
    internal byte[] Sealed(string manifest, byte[] message)
    {
        if (!MessageTypes.AreSealed(manifest))
            return message;
        byte[] bytes = [.. message, .. stackalloc byte[MessageSeal.Bytes]];
        _seal.Close(manifest, bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        MessageParser parser = MessageTypes.ParserOf(manifest) ?? throw new SerializationException($"unknown message \"{manifest}\"");
        try
        {
            return parser.ParseFrom(MessageTypes.AreSealed(manifest) ? _seal.Open(manifest, bytes) : bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new SerializationException($"malformed message \"{manifest}\": {e.Message}", e);
        }
    }
}
