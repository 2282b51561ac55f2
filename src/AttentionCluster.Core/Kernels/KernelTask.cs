using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Masks;

namespace AttentionCluster.Core.Kernels;

/// <summary>A query block against one segment, as a kernel sees it.</summary>
/// <param name="queries"><c>[GroupSize, Rows, Dk]</c>, float32, unscaled.</param>
/// <param name="groupSize">Query heads of the block.</param>
/// <param name="firstRow">The number of the first query row within its head: what the mask counts from.</param>
/// <param name="rows">Query rows of each head.</param>
/// <param name="scale">Factor of the scores.</param>
/// <param name="mask">Which keys a row sees; what is behind its pointers begins with the block's first row and the segment's first
/// key.</param>
/// <param name="segment">Packed K and V.</param>
/// <param name="bias">What becomes of scores before the softmax; likewise.</param>
internal readonly unsafe struct KernelTask(
    float* queries, int groupSize, int firstRow, int rows, double scale, TaskMask mask, PackedSegment segment, ScoreModifier bias = default)
{
    /// <summary><c>[GroupSize, Rows, Dk]</c>.</summary>
    public float* Queries => queries;

    /// <summary>Query heads of the block.</summary>
    public int GroupSize => groupSize;

    /// <summary>Query rows of each head.</summary>
    public int Rows => rows;

    /// <summary>Factor of the scores.</summary>
    public double Scale => scale;

    /// <summary>Packed K and V.</summary>
    public PackedSegment Segment => segment;

    /// <summary>What becomes of scores before the softmax.</summary>
    public ScoreModifier Bias => bias;

    /// <summary>Whether what a row sees is one range that follows from its number.</summary>
    internal bool IsBand => mask.IsBandFrom(segment.FirstKey);

    /// <summary>A range of the segment's keys, counted from its first one, that holds all that a row of the block sees.</summary>
    /// <param name="row">Counted from the block's first row.</param>
    public KeyRange VisibleTo(int row) => VisibleToAny(row, row + 1);

    /// <summary>Whether a row of one of the block's heads sees a key of the segment.</summary>
    /// <param name="head">Counted from the block's first head.</param>
    /// <param name="row">Counted from the block's first row.</param>
    /// <param name="key">Counted from the segment's first key.</param>
    public bool IsVisible(int head, int row, int key) => mask.IsVisible(head, firstRow, row, segment.FirstKey, key);

    /// <summary>What is added to the score of a key, in float64.</summary>
    /// <inheritdoc cref="IsVisible"/>
    public (double Element, double Slope) Added(int head, int row, int key) => bias.Added(head, firstRow, row, segment.FirstKey, key);

    /// <summary>
    /// The keys that the band lets a row see, counted from the segment's first one: the first, the one behind the last less 1, both for row
    /// 0 of those that begin with <paramref name="row"/> and one more for each further row, and how many there are at all.
    /// </summary>
    internal (long Start, long End, int Keys) Edges(int row)
    {
        long first = (long)firstRow + row - segment.FirstKey;
        return mask.Band.Upper < mask.Band.Lower
            ? (0, -BandMask.Open, 0)
            : (first + mask.Band.Lower, first + mask.Band.Upper, (int)Math.Clamp((long)mask.KeysEnd - segment.FirstKey, 0, segment.Keys));
    }

    /// <summary>Looks up what rows of one head see of a key tile.</summary>
    internal bool Evaluate(TileVisibility visibility, int head, int row, int rows, int key, int slot) =>
        visibility.Evaluate(mask, head, firstRow, row, rows, segment.FirstKey, key, Math.Min(TileGeometry.Keys, segment.Keys - key), slot);

    /// <summary>Keys from a row's position to a key of the segment; negative for a key behind it.</summary>
    internal long Distance(int row, int key) => bias.Distance(firstRow, row, (long)segment.FirstKey + key);

    /// <summary>Likewise, a range for several rows; without pattern and sinks, of just the keys that at least one of them sees.</summary>
    public KeyRange VisibleToAny(int row, int endRow)
    {
        KeyRange keys = mask.Sinks <= segment.FirstKey ? mask.InBand(firstRow + row, firstRow + endRow)
            : mask.Hull(firstRow + row, firstRow + endRow);
        return new KeyRange(
            (int)Math.Clamp((long)keys.Start - segment.FirstKey, 0, segment.Keys),
            (int)Math.Clamp((long)keys.End - segment.FirstKey, 0, segment.Keys));
    }
}
