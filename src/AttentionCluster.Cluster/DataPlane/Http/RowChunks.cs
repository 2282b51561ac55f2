using System.Security.Cryptography;

namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>
/// How rows travel: in chunks of whole rows, each followed by the first 8 bytes of its seal (<see cref="AnswerSeals.OfRows"/>). So the
/// receiver hands on no row that was not checked, and needs no more memory than a chunk. A key is of one answer, so whoever wants to change
/// a chunk has one try.
/// </summary>
/// <param name="Rows">All rows; at least 1.</param>
/// <param name="RowsAtOnce">Rows of every chunk but the last, which may have less; from 1 to <paramref name="Rows"/>.</param>
/// <param name="RowBytes">Bytes of a row.</param>
internal readonly record struct RowChunks(int Rows, int RowsAtOnce, int RowBytes)
{
    /// <summary>Bytes behind a chunk.</summary>
    public const int SealBytes = 8;

    /// <summary>Bytes that are read and sealed at once, if so many rows are in a chunk, and at least a row.</summary>
    public const int PieceBytes = 1 << 19;

    /// <summary>Rows that are read and sealed at once; a chunk's last piece may have less.</summary>
    public int RowsOfPiece => Math.Clamp(PieceBytes / RowBytes, 1, RowsAtOnce);

    /// <summary>Bytes of the largest chunk and its seal.</summary>
    public long LargestBytes => ((long)RowsAtOnce * RowBytes) + SealBytes;

    /// <summary>Bytes of all chunks and seals.</summary>
    public long TotalBytes => ((long)Rows * RowBytes) + (((Rows - 1L) / RowsAtOnce + 1) * SealBytes);

    /// <summary>Rows from one to the end of its chunk.</summary>
    public int RowsLeft(int row) => Math.Min(RowsAtOnce - (row % RowsAtOnce), Rows - row);

    /// <summary>Whether a chunk ends before a row.</summary>
    public bool IsEnd(int row) => row == Rows || row % RowsAtOnce == 0;

    /// <summary>Whether the seal behind a chunk is right.</summary>
    /// <param name="seal">Of the answer; has seen all chunks before.</param>
    /// <param name="chunk">The chunk, and the seal behind it.</param>
    public bool IsSealed(ByteSeal seal, ReadOnlySpan<byte> chunk)
    {
        ReadOnlySpan<byte> rows = chunk[..^SealBytes];
        int pieceBytes = RowsOfPiece * RowBytes;
        for (int at = 0; at < rows.Length; at += pieceBytes)
            seal.Append(rows.Slice(at, Math.Min(pieceBytes, rows.Length - at)));
        Span<byte> right = stackalloc byte[ByteSeal.Bytes];
        seal.End(right);
        return CryptographicOperations.FixedTimeEquals(right[..SealBytes], chunk[^SealBytes..]);
    }
}
