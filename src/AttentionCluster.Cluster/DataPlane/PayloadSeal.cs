using System.Security.Cryptography;
using AttentionCluster.Cluster.Identity;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>
/// The seal that a claim bears: who pulls its bytes knows by it that they are those which a node of the cluster has published.
/// </summary>
internal sealed class PayloadSeal(ClusterKeys keys)
{
    private const int SaltBytes = 16;

    /// <summary>Bytes that are sealed at once: so many fit the processor's cache.</summary>
    private const int PieceBytes = 1 << 18;

    private readonly byte[] _key = keys.For("payload");

    /// <summary>The seal of a payload, in text.</summary>
    internal string Of(NativeBuffer bytes) => Convert.ToHexStringLower(Of(RandomNumberGenerator.GetBytes(SaltBytes), bytes));

    /// <summary>Whether a payload bears this seal.</summary>
    internal bool IsRight(string seal, NativeBuffer bytes)
    {
        Span<byte> brought = stackalloc byte[SaltBytes + ByteSeal.Bytes];
        return seal.Length == 2 * brought.Length
            && Convert.FromHexString(seal, brought, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(brought, Of(brought[..SaltBytes], bytes));
    }

    private byte[] Of(ReadOnlySpan<byte> salt, NativeBuffer bytes)
    {
        using var seal = new ByteSeal(HMACSHA256.HashData(_key, salt));
        for (long at = 0; at < bytes.ByteLength; at += PieceBytes)
            seal.Append(bytes.Slice(at, (int)Math.Min(PieceBytes, bytes.ByteLength - at)));
        byte[] sealedBytes = [.. salt, .. stackalloc byte[ByteSeal.Bytes]];
        seal.End(sealedBytes.AsSpan(SaltBytes));
        return sealedBytes;
    }
}
