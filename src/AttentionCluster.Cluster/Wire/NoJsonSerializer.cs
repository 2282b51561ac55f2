using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace AttentionCluster.Cluster.Wire;

/// <summary>
/// Stands in the place of Akka's JSON serializer, which builds any type that a message names. Akka's own setting against it,
/// <c>allow-unregistered-types</c>, stops only what leaves a node; this stops what comes in.
/// </summary>
internal sealed class NoJsonSerializer : Serializer
{
    /// <summary>Called by Akka, with the settings of the serializer that this one replaces.</summary>
    public NoJsonSerializer(ExtendedActorSystem system, Config _)
        : base(system)
    {
    }

    /// <summary>That of Akka's JSON serializer.</summary>
    public override int Identifier => 1;

    /// <inheritdoc/>
    public override bool IncludeManifest => false;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType()} is not a message of the wire protocol");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, Type type) =>
        throw new SerializationException("a message in JSON is not of the wire protocol");
}
