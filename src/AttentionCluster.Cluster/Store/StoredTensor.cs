using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Store;

/// <summary>A tensor that the store can read rows from.</summary>
/// <param name="Id">Its name in the store.</param>
/// <param name="File">The open file that holds it.</param>
/// <param name="Entry">Where in the file.</param>
/// <param name="Shape">How its axes are read.</param>
internal sealed record StoredTensor(string Id, TensorFile File, TensorEntry Entry, TensorShape Shape)
{
    /// <summary>Bytes of one row.</summary>
    public int RowBytes => Shape.Width * Entry.Type.ByteSize();

    /// <summary>Whether the tensor has these rows, and at least one.</summary>
    public bool Contains(RowRange rows) =>
        rows is { Batch: >= 0, Head: >= 0, FirstRow: >= 0, Rows: > 0 }
        && rows.Batch < Shape.Batch && rows.Head < Shape.Heads && (IsOfOneHead(rows) || IsOfWholeHeads(rows)) && rows.FitsInto(RowBytes);

    private bool IsOfOneHead(RowRange rows) => (long)rows.FirstRow + rows.Rows <= Shape.Rows;

    private bool IsOfWholeHeads(RowRange rows) =>
        rows.FirstRow == 0 && rows.Rows % Shape.Rows == 0 && rows.Rows / Shape.Rows <= Shape.Heads - rows.Head;

    /// <summary>Fills a buffer with rows of a range, or the wanted part of each, from its row <paramref name="row"/> on.</summary>
    /// <exception cref="TensorFormatException">The file has become shorter since it was opened.</exception>
    public void ReadRows(RowRange rows, int row, Span<byte> destination)
    {
        long first = Shape.RowOffset(rows.Batch, rows.Head, rows.FirstRow + row) / Shape.Width;
        if (rows.ByteCount == 0)
        {
            File.Read(Entry, first * RowBytes, destination);
            return;
        }

        for (int done = 0; done < destination.Length; done += rows.ByteCount, first++)
            File.Read(Entry, (first * RowBytes) + rows.FirstByte, destination.Slice(done, rows.ByteCount));
    }
}
