using System.Globalization;
using System.Text;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Masks;

namespace AttentionCluster.Core.Planning;

/// <summary>
/// What a job consists of: its segments, its query blocks in dispatch order, and for each block the segments that it meets.
/// A pure function of the shape and the options: it knows no cluster, no core count and no clock, so that the result's bits
/// can't depend on them.
/// </summary>
public sealed class AttentionPlan
{
    /// <summary>Keys of a segment unless the user chooses: 16 MiB of K and V at D = 128.</summary>
    public const int KeysPerSegmentDefault = 16_384;

    /// <summary>The most rows of a block that the plan chooses by itself.</summary>
    public const int RowsPerBlockDefault = 1_024;

    /// <summary>Below this many tasks the plan takes smaller blocks, so that a small job can still be shared out.</summary>
    private const int TasksWanted = 64;

    private readonly int _blocksPerHead;

    private AttentionPlan(
        AttentionShape shape, AttentionOptions options, KernelPath kernel, int keysPerSegment, int rowsPerBlock)
    {
        Shape = shape;
        Options = options;
        Kernel = kernel;
        Mask = BandMask.From(options, shape);
        Scale = options.Scale ?? (1.0 / Math.Sqrt(shape.KeyWidth));
        KeysPerSegment = keysPerSegment;
        SegmentCount = DivideUp(shape.Keys, KeysPerSegment);
        RowsPerBlock = rowsPerBlock;
        _blocksPerHead = DivideUp(shape.QueryRows, RowsPerBlock);
        BlockCount = checked(shape.Batch * shape.KvHeads * _blocksPerHead);
        CountWork();
    }

    /// <summary>The job's shape.</summary>
    public AttentionShape Shape { get; }

    /// <summary>The options as the user gave them.</summary>
    public AttentionOptions Options { get; }

    /// <summary>The kernel path; never <see cref="KernelPath.Auto"/>.</summary>
    public KernelPath Kernel { get; }

    /// <summary>Which keys a row sees.</summary>
    public BandMask Mask { get; }

    /// <summary>Factor of the scores.</summary>
    public double Scale { get; }

    /// <summary>Keys of a segment; the last one may have fewer.</summary>
    public int KeysPerSegment { get; }

    /// <summary>Query rows of a block; the last one of a head may have fewer.</summary>
    public int RowsPerBlock { get; }

    /// <summary>Segments of one KV head.</summary>
    public int SegmentCount { get; }

    /// <summary>Query blocks of the whole job.</summary>
    public int BlockCount { get; }

    /// <summary>(block, segment) pairs with a visible key.</summary>
    public int TaskCount { get; private set; }

    /// <summary>(block, segment) pairs without one.</summary>
    public long TasksSkipped => ((long)BlockCount * SegmentCount) - TaskCount;

    /// <summary>Kernel tiles with a visible pair, over all heads.</summary>
    public long TilesComputed { get; private set; }

    /// <summary>Kernel tiles without one.</summary>
    public long TilesSkipped { get; private set; }

    /// <summary>Floating-point operations of the visible pairs: <c>2 (Dk + Dv)</c> each.</summary>
    public double Flops { get; private set; }

    /// <summary>Query rows of a block over all its heads: the rows of its partials.</summary>
    public int PartialRows(in QueryBlock block) => block.Rows * Shape.GroupSize;

    /// <summary>The keys of a segment.</summary>
    public KeyRange SegmentKeys(int segment) =>
        new(segment * KeysPerSegment, (int)Math.Min((segment + 1L) * KeysPerSegment, Shape.Keys));

    /// <summary>
    /// The block at a place of the dispatch order. Later rows come first: in a causal job they have the most work, and the
    /// last tasks to run should be the small ones. Blocks of the same rows follow one another over the heads.
    /// </summary>
    public QueryBlock Block(int index)
    {
        int heads = Shape.Batch * Shape.KvHeads;
        int rowBlock = _blocksPerHead - 1 - (index / heads);
        int head = index % heads;
        int firstRow = rowBlock * RowsPerBlock;
        int rows = Math.Min(RowsPerBlock, Shape.QueryRows - firstRow);
        KeyRange keys = Mask.VisibleToAny(firstRow, firstRow + rows, Shape.Keys);
        KeyRange segments = keys.IsEmpty
            ? default
            : new KeyRange(keys.Start / KeysPerSegment, DivideUp(keys.End, KeysPerSegment));
        return new QueryBlock(index, head / Shape.KvHeads, head % Shape.KvHeads, firstRow, rows, segments);
    }

    /// <summary>Floating-point operations of a block's visible pairs in one segment.</summary>
    public double TaskFlops(in QueryBlock block, int segment) =>
        FlopsPerPair * Shape.GroupSize * Mask.CountVisible(block.FirstRow, block.EndRow, SegmentKeys(segment));

    /// <summary>Kernel tiles of a block with a visible pair in one segment.</summary>
    public long TaskTiles(in QueryBlock block, int segment)
    {
        KeyRange keys = SegmentKeys(segment);
        long tiles = 0;
        for (int row = block.FirstRow, left = block.Rows; left > 0; left -= TileGeometry.Rows)
        {
            int rows = Math.Min(left, TileGeometry.Rows);
            KeyRange visible = Mask.VisibleToAny(row, row + rows, Shape.Keys);
            tiles += TilesOf(visible.Intersect(keys));
            row += rows;
        }

        return tiles * Shape.GroupSize;
    }

    /// <summary>Checks the options against the shape and this machine, and plans.</summary>
    /// <returns>The plan, or null with the reason.</returns>
    public static AttentionPlan? Create(AttentionShape shape, AttentionOptions options, out Refusal? refusal)
    {
        refusal = OptionLimits.Check(options);
        if (refusal is not null)
            return null;
        KernelPath kernel = KernelPaths.Resolve(options.Kernel, out refusal);
        if (refusal is not null)
            return null;
        int keysPerSegment = options.KeysPerSegment ?? KeysPerSegmentDefault;
        int rowsPerBlock = Math.Min(options.RowsPerBlock ?? ChooseRowsPerBlock(shape, keysPerSegment), shape.QueryRows);
        refusal = OptionLimits.Check(shape, keysPerSegment, rowsPerBlock);
        return refusal is null ? new AttentionPlan(shape, options, kernel, keysPerSegment, rowsPerBlock) : null;
    }

    /// <summary>The plan as a table: the integers, then a line for each block of the first head with the segments that it meets.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"q {Shape.Query} k {Shape.Key} v {Shape.Value} kernel {Kernel.Name()}\n");
        text.Append(CultureInfo.InvariantCulture, $"{BlockCount} blocks of {RowsPerBlock} rows, {SegmentCount} segments of {KeysPerSegment} keys a head\n");
        text.Append(CultureInfo.InvariantCulture, $"{TaskCount} tasks, {TasksSkipped} skipped; {TilesComputed} tiles, {TilesSkipped} skipped; {Flops} flops\n");
        int heads = Shape.Batch * Shape.KvHeads;
        for (int index = 0; index < BlockCount; index += heads)
        {
            QueryBlock block = Block(index);
            text.Append(CultureInfo.InvariantCulture, $"rows {block.FirstRow}..{block.EndRow - 1}: ");
            text.Append(block.Segments.IsEmpty
                ? "no segment\n"
                : string.Create(CultureInfo.InvariantCulture, $"segments {block.Segments.Start}..{block.Segments.End - 1}\n"));
        }

        return text.ToString();
    }

    internal static int DivideUp(int value, int by) => (int)(((long)value + by - 1) / by);

    private double FlopsPerPair => 2.0 * (Shape.KeyWidth + Shape.ValueWidth);

    private static int ChooseRowsPerBlock(AttentionShape shape, int keysPerSegment)
    {
        long segments = DivideUp(shape.Keys, keysPerSegment);
        int rows = RowsPerBlockDefault;
        while (rows > TileGeometry.Rows
            && shape.Batch * shape.KvHeads * segments * DivideUp(shape.QueryRows, rows) < TasksWanted)
        {
            rows = Math.Max(TileGeometry.Rows, rows / 2);
        }

        return rows;
    }

    private void CountWork()
    {
        long heads = (long)Shape.Batch * Shape.KvHeads;
        long tasks = 0, pairs = 0, computed = 0, all = 0;
        long tilesPerRow = TilesOf(new KeyRange(0, Shape.Keys));
        for (int index = 0; index < BlockCount; index += (int)heads)
        {
            QueryBlock block = Block(index);
            tasks += block.Segments.Count;
            pairs += Mask.CountVisible(block.FirstRow, block.EndRow, new KeyRange(0, Shape.Keys));

            // Counted down, because the number of the row behind the last tile may be more than an int holds.
            for (int row = block.FirstRow, left = block.Rows; left > 0; left -= TileGeometry.Rows)
            {
                int rows = Math.Min(left, TileGeometry.Rows);
                all += tilesPerRow;
                computed += TilesOf(Mask.VisibleToAny(row, row + rows, Shape.Keys));
                row += rows;
            }
        }

        TaskCount = checked((int)(tasks * heads));
        Flops = FlopsPerPair * Shape.GroupSize * heads * pairs;
        TilesComputed = computed * heads * Shape.GroupSize;
        TilesSkipped = (all - computed) * heads * Shape.GroupSize;
    }

    /// <summary>
    /// Tiles that a range of keys touches, in constant time: one block can have millions of row tiles, and meet millions of segments.
    /// </summary>
    private long TilesOf(KeyRange keys) => keys.IsEmpty ? 0 : TileNumber(keys.End - 1) - TileNumber(keys.Start) + 1;

    /// <summary>The number of the tile that holds a key; tiles are counted from the start of each segment.</summary>
    private long TileNumber(int key) =>
        ((long)(key / KeysPerSegment) * DivideUp(KeysPerSegment, TileGeometry.Keys)) + (key % KeysPerSegment / TileGeometry.Keys);
}
