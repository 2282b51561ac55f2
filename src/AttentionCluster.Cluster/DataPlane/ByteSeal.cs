using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>
/// A MAC over bytes that come in pieces: AES-GMAC over each piece, and one over these. It proves that they come from who knows the key; a
/// checksum, which everyone can compute, proves only that no hardware has damaged them. HMAC-SHA256 would take the time of the transfer
/// again.
/// </summary>
/// <param name="key">Of these bytes alone: under one key GMAC may never see a nonce twice.</param>
internal sealed class ByteSeal(ReadOnlySpan<byte> key) : IDisposable
{
    /// <summary>Bytes of a seal.</summary>
    public const int Bytes = 16;

    private readonly AesGcm _aes = new(key, Bytes);
    private readonly List<byte> _pieces = [];
    private ulong _nonce;

    /// <summary>Takes a piece; both ends must cut alike.</summary>
    public void Append(ReadOnlySpan<byte> piece)
    {
        Span<byte> tag = stackalloc byte[Bytes];
        Seal(piece, tag);
        _pieces.AddRange(tag);
    }

    /// <summary>The seal of all pieces since the last one.</summary>
    /// <param name="seal">Of <see cref="Bytes"/>.</param>
    public void End(Span<byte> seal)
    {
        Seal(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pieces), seal);
        _pieces.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _aes.Dispose();

    private void Seal(ReadOnlySpan<byte> bytes, Span<byte> tag)
    {
        Span<byte> nonce = stackalloc byte[12];
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce, _nonce++);
        _aes.Encrypt(nonce, [], [], tag, bytes);
    }
}
