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

    /// <summary>Rows from one to the end of its chunk.</summary>
    public int RowsLeft(int row) => Math.Min(RowsAtOnce - (row % RowsAtOnce), Rows - row);

    /// <summary>Whether a chunk ends before a row.</summary>
    public bool IsEnd(int row) => row == Rows || row % RowsAtOnce == 0;

    /// <summary>Whether the checksum behind a chunk is right.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> chunk) =>
        BinaryPrimitives.ReadUInt64LittleEndian(chunk[^ChecksumBytes..]) == XxHash3.HashToUInt64(chunk[..^ChecksumBytes]);
}
