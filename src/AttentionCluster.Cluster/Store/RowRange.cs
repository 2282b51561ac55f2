namespace AttentionCluster.Cluster.Store;

/// <summary>Consecutive rows of one head of a tensor, or all rows of it and of some heads behind it; whole or a part of each.</summary>
internal readonly record struct RowRange(int Batch, int Head, int FirstRow, int Rows)
{
    /// <summary>The first byte of each row that is wanted.</summary>
    public int FirstByte { get; init; }

    /// <summary>How many bytes of each row are wanted; 0 for whole rows.</summary>
    public int ByteCount { get; init; }

    /// <summary>Bytes of each row that are wanted.</summary>
    /// <param name="rowBytes">Bytes of a whole row.</param>
    public int BytesOf(int rowBytes) => ByteCount == 0 ? rowBytes : ByteCount;

    /// <summary>Whether rows of so many bytes have the part that is wanted.</summary>
    public bool FitsInto(int rowBytes) => ByteCount == 0 ? FirstByte == 0 : FirstByte >= 0 && ByteCount > 0 && (long)FirstByte
        + ByteCount <= rowBytes;
}
