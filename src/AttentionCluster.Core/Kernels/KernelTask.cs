using AttentionCluster.Core.Masks;

namespace AttentionCluster.Core.Kernels;

/// <summary>A query block against one segment, as a kernel sees it.</summary>
/// <param name="queries"><c>[GroupSize, Rows, Dk]</c>, float32, unscaled.</param>
/// <param name="groupSize">Query heads of the block.</param>
/// <param name="firstRow">The number of the first query row within its head: what the mask counts from.</param>
/// <param name="rows">Query rows of each head.</param>
/// <param name="scale">Factor of the scores.</param>
/// <param name="mask">Which keys a row sees.</param>
/// <param name="segment">Packed K and V.</param>
public readonly unsafe struct KernelTask(
    float* queries, int groupSize, int firstRow, int rows, double scale, BandMask mask, PackedSegment segment)
{
    /// <summary><c>[GroupSize, Rows, Dk]</c>.</summary>
    public float* Queries => queries;

    /// <summary>Query heads of the block.</summary>
    public int GroupSize => groupSize;

    /// <summary>The number of the first query row.</summary>
    public int FirstRow => firstRow;

    /// <summary>Query rows of each head.</summary>
    public int Rows => rows;

    /// <summary>Factor of the scores.</summary>
    public double Scale => scale;

    /// <summary>Packed K and V.</summary>
    public PackedSegment Segment => segment;

    /// <summary>The segment's keys that a row of the block sees, counted from the segment's first key.</summary>
    /// <param name="row">Counted from the block's first row.</param>
    public KeyRange VisibleTo(int row) => VisibleToAny(row, row + 1);

    /// <summary>Likewise, the keys that at least one of several rows sees.</summary>
    public KeyRange VisibleToAny(int row, int endRow)
    {
        KeyRange keys = mask.VisibleToAny(firstRow + row, firstRow + endRow, int.MaxValue);
        return new KeyRange(
            (int)Math.Clamp((long)keys.Start - segment.FirstKey, 0, segment.Keys),
            (int)Math.Clamp((long)keys.End - segment.FirstKey, 0, segment.Keys));
    }
}
