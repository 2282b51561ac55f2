using System.Buffers.Binary;
using System.IO.Hashing;

namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>
/// How rows travel: in chunks of whole rows, each followed by its XXH3 in 8 bytes, little endian. So the receiver hands on no row that
/// was not checked, and needs no more memory than a chunk.
/// </summary>
/// <param name="Rows">All rows; at least 1.</param>
/// <param name="RowsAtOnce">Rows of every chunk but the last, which may have less; from 1 to <paramref name="Rows"/>.</param>
/// <param name="RowBytes">Bytes of a row.</param>
public readonly record struct RowChunks(int Rows, int RowsAtOnce, int RowBytes)
{
    /// <summary>Bytes of the checksum.</summary>
    public const int ChecksumBytes = sizeof(ulong);

    /// <summary>Bytes of the largest chunk and its checksum.</summary>
    public long LargestBytes => ((long)RowsAtOnce * RowBytes) + ChecksumBytes;

    /// <summary>Bytes of all chunks and checksums.</summary>
    public long TotalBytes => ((long)Rows * RowBytes) + (((Rows - 1L) / RowsAtOnce + 1) * ChecksumBytes);

    /// <summary>Bytes of the chunk that begins with a row, without its checksum.</summary>
    public int BytesFrom(int row) => Math.Min(RowsAtOnce, Rows - row) * RowBytes;

    /// <summary>Puts the checksum behind a chunk.</summary>
    /// <param name="chunk">The rows, and room for the checksum.</param>
    public static void Seal(Span<byte> chunk) =>
        BinaryPrimitives.WriteUInt64LittleEndian(chunk[^ChecksumBytes..], XxHash3.HashToUInt64(chunk[..^ChecksumBytes]));

    /// <summary>Whether the checksum behind a chunk is right.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> chunk) =>
        BinaryPrimitives.ReadUInt64LittleEndian(chunk[^ChecksumBytes..]) == XxHash3.HashToUInt64(chunk[..^ChecksumBytes]);
}
