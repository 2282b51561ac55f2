using System.Runtime.Serialization;
using System.Security.Cryptography;

namespace AttentionCluster.Cluster.Identity;

/// <summary>
/// Proves of each control message that it comes from a node that knows the secret: HMAC-SHA256 behind its bytes, under a key of its kind.
/// An address proves nothing: whoever reaches the port writes into a message whatever sender it likes.
/// </summary>
/// <param name="keys">The cluster's keys.</param>
/// <param name="kinds">All kinds of messages that are sealed.</param>
internal sealed class MessageSeal(ClusterKeys keys, IEnumerable<string> kinds)
{
    /// <summary>What a seal adds to a message.</summary>
    internal const int Bytes = HMACSHA256.HashSizeInBytes;

    private readonly Dictionary<string, byte[]> _keys =
        kinds.ToDictionary(kind => kind, kind => keys.For($"message {kind}"), StringComparer.Ordinal);

    /// <summary>Writes the seal behind a message.</summary>
    /// <param name="kind">One of those that are sealed.</param>
    /// <param name="message">The message's bytes, and <see cref="Bytes"/> more.</param>
    internal void Close(string kind, Span<byte> message) => HMACSHA256.HashData(_keys[kind], message[..^Bytes], message[^Bytes..]);

    /// <summary>The message without its seal.</summary>
    /// <exception cref="SerializationException">The sender does not know the secret, or the message was changed.</exception>
    internal ReadOnlySpan<byte> Open(string kind, ReadOnlySpan<byte> message)
    {
        Span<byte> right = stackalloc byte[Bytes];
        if (message.Length < Bytes)
            throw Refused(kind);
        HMACSHA256.HashData(_keys[kind], message[..^Bytes], right);
        return CryptographicOperations.FixedTimeEquals(right, message[^Bytes..]) ? message[..^Bytes] : throw Refused(kind);
    }

    private static SerializationException Refused(string kind) =>
        new($"a message \"{kind}\" does not prove that its sender knows the secret of this cluster; it is dropped");
}
