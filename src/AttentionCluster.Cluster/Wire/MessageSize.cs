using Akka.Actor;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Wire;

/// <summary>
/// How large a message may be: Akka.Remote drops one that is larger than a frame, and tells nobody but its log, so whoever waits for an
/// answer would wait in vain. What grows with a job is bounded where the message is made; who sends it looks all the same.
/// </summary>
internal static class MessageSize
{
    /// <summary>Characters of a reason that goes over the wire: texts of exceptions may be of any length.</summary>
    internal const int ReasonMax = 2_000;

    private const string FrameSetting = "akka.remote.dot-netty.tcp.maximum-frame-size";

    /// <summary>Of a frame, for the names of sender and receiver, and what Akka puts around messages to shards.</summary>
    private const int EnvelopeBytes = 16 << 10;

    /// <summary>The largest message that leaves a node, in bytes; as good as no bound in a system without remoting.</summary>
    internal static long Max(ActorSystem system) =>
        system.Settings.Config.GetByteSize(FrameSetting) is { } frame ? frame - EnvelopeBytes : long.MaxValue;

    /// <summary>Whether a message can be sent; else why not.</summary>
    internal static string? Check(IMessage message, long max) => message.CalculateSize() is var bytes && bytes <= max
        ? null
        : FormattableString.Invariant(
            $"a message ({message.Descriptor.Name}) of {bytes} bytes is larger than the {max} that nodes can send one another");

    /// <summary>A text, or as much of it as a message has room for.</summary>
    internal static string Bounded(string reason) => reason.Length <= ReasonMax ? reason
        : string.Concat(reason.AsSpan(0, ReasonMax), "...");
}
