using System.Globalization;
using System.Numerics;
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
    /// <summary>Keys of a segment unless the user chooses, or a window is narrow: 16 MiB of K and V at D = 128.</summary>
    public const int KeysPerSegmentDefault = 16_384;

    /// <summary>The fewest keys of a segment that the plan chooses by itself.</summary>
    private const int KeysPerSegmentLeast = 2_048;

    /// <summary>A segment has room for so many windows, at least: then few blocks meet two.</summary>
    private const int WindowsPerSegment = 4;

    /// <summary>The most rows of a block that the plan chooses by itself.</summary>
    public const int RowsPerBlockDefault = 1_024;

    /// <summary>Below this many tasks the plan takes smaller blocks, so that a small job can still be shared out.</summary>
    private const int TasksWanted = 64;

    /// <summary>The plan takes smaller blocks while a task's part of a mask takes more than so many bytes.</summary>
    private const long SideBytesWanted = 32L << 20;

    private readonly int _blocksPerHead;
    private readonly MaskCensus? _census;

    private AttentionPlan(
        AttentionShape shape, AttentionOptions options, JobMask rules, KernelPath kernel, int keysPerSegment, int rowsPerBlock)
    {
        Shape = shape;
        Options = options;
        Kernel = kernel;
        Rules = rules;
        Scale = options.Scale ?? (1.0 / Math.Sqrt(shape.KeyWidth));
        KeysPerSegment = keysPerSegment;
        SegmentCount = DivideUp(shape.Keys, KeysPerSegment);
        RowsPerBlock = rowsPerBlock;
        _blocksPerHead = DivideUp(shape.QueryRows, RowsPerBlock);
        BlockCount = checked(shape.Batch * shape.KvHeads * _blocksPerHead);
        _census = rules.HasPattern ? MaskCensus.Take(this, _blocksPerHead) : null;
        CountWork();
    }

    /// <summary>The job's shape.</summary>
    public AttentionShape Shape { get; }

    /// <summary>The options as the user gave them.</summary>
    public AttentionOptions Options { get; }

    /// <summary>The kernel path; never <see cref="KernelPath.Auto"/>.</summary>
    public KernelPath Kernel { get; }

    /// <summary>Which keys a row sees, and what becomes of its scores.</summary>
    public JobMask Rules { get; }

    /// <summary>The band of the first batch entry: all that <see cref="Rules"/> say of a job without sinks and without tensors beside Q, K and V.</summary>
    public BandMask Mask => Rules.RangeOf(0).Band;

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
        (int batch, int kvHead) = (head / Shape.KvHeads, head % Shape.KvHeads);
        KeyRange keys = Rules.RangeOf(batch).Hull(firstRow, firstRow + rows).Intersect(new KeyRange(0, Shape.Keys));
        KeyRange segments = keys.IsEmpty
            ? default
            : new KeyRange(keys.Start / KeysPerSegment, DivideUp(keys.End, KeysPerSegment));
        var block = new QueryBlock(index, batch, kvHead, firstRow, rows, segments);
        return _census is null ? block : block with { Segments = WithoutEmptyEnds(block) };
    }

    /// <summary>Whether a block sees a key of a segment.</summary>
    public bool HasTask(in QueryBlock block, int segment)
    {
        if (segment < block.Segments.Start || segment >= block.Segments.End)
            return false;
        if (_census is not null)
            return _census.Pairs(block.Batch, block.KvHead, block.FirstRow / RowsPerBlock, segment) > 0;
        if (segment == block.Segments.Start || segment == block.Segments.End - 1)
            return true;

        // Between sinks and a window there may be segments that no row sees.
        TaskMask mask = Rules.RangeOf(block.Batch);
        return mask.Sinks == 0
            || !mask.InBand(block.FirstRow, block.EndRow).Intersect(SegmentKeys(segment)).IsEmpty
            || !mask.InSinks(block.EndRow).Intersect(SegmentKeys(segment)).IsEmpty;
    }

    /// <summary>The segments of which a block sees a key, in ascending order.</summary>
    public IEnumerable<int> SegmentsOf(QueryBlock block) => Enumerable.Range(block.Segments.Start, block.Segments.Count).Where(segment => HasTask(block, segment));

    /// <summary>Floating-point operations of a block's visible pairs in one segment.</summary>
    public double TaskFlops(in QueryBlock block, int segment) =>
        FlopsPerPair * PairsOf(block, SegmentKeys(segment), segment);

    /// <summary>Kernel tiles of a block with a visible pair in one segment.</summary>
    public long TaskTiles(in QueryBlock block, int segment)
    {
        if (_census is not null)
            return _census.Tiles(block.Batch, block.KvHead, block.FirstRow / RowsPerBlock, segment);
        return TilesOf(block, SegmentKeys(segment)) * Shape.GroupSize;
    }

    /// <summary>Checks the options against the shape and this machine, and plans.</summary>
    /// <returns>The plan, or null with the reason.</returns>
    /// <remarks>While only headers of the tensors beside Q, K and V are known, the counts are what they can be at most.</remarks>
    public static AttentionPlan? Create(
        AttentionShape shape, AttentionOptions options, out Refusal? refusal, SideLayout? side = null, SideTensors? tensors = null)
    {
        refusal = OptionLimits.Check(options);
        if (refusal is not null)
            return null;
        KernelPath kernel = KernelPaths.Resolve(options.Kernel, out refusal);
        if (refusal is not null)
            return null;
        int keysPerSegment = options.KeysPerSegment ?? ChooseKeysPerSegment(options);
        int rowsPerBlock = Math.Min(options.RowsPerBlock ?? ChooseRowsPerBlock(shape, keysPerSegment, side), shape.QueryRows);
        refusal = OptionLimits.Check(shape, keysPerSegment, rowsPerBlock);
        var rules = new JobMask(shape, options, side ?? SideLayout.None, tensors);
        return refusal is null ? new AttentionPlan(shape, options, rules, kernel, keysPerSegment, rowsPerBlock) : null;
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

    /// <summary>What a task needs of the tensors beside Q, K and V.</summary>
    public TaskSlice SliceOf(in QueryBlock block, int segment) =>
        new(Rules.Layout, Shape.GroupSize, block.FirstRow, block.Rows, SegmentKeys(segment).Start, SegmentKeys(segment).Count, Options.MaskBlock);

    /// <summary>The most memory that a task needs for the tensors beside Q, K and V, in bytes.</summary>
    public long SideBytesMax => SliceBytes(Shape, Rules.Layout, RowsPerBlock, KeysPerSegment, Options.MaskBlock);

    private static long SliceBytes(AttentionShape shape, SideLayout side, int rows, int keys, (int Rows, int Keys) block) =>
        new TaskSlice(side, shape.GroupSize, 0, rows, 0, Math.Min(keys, shape.Keys), block).ByteLength;

    /// <summary>Elements from one row of a mask to the next at a worker: rows begin with a whole vector.</summary>
    public static int PadKeys(int keys) => (keys + 63) & ~63;

    /// <summary>
    /// Behind a narrow window little is computed with a segment: smaller ones are loaded while others compute, and none is waited for. 131 072 rows with
    /// a window of 1 024 kept the threads busy 0.86 of the time with segments of 4 096 keys, and 0.78 with those of 16 384.
    /// </summary>
    private static int ChooseKeysPerSegment(AttentionOptions options)
    {
        (long left, long right) = options.Window;
        right = options.Causal ? 0 : right;
        if (left < 0 || right < 0)
            return KeysPerSegmentDefault;
        long wanted = Math.Clamp((left + right + 1) * WindowsPerSegment, KeysPerSegmentLeast, KeysPerSegmentDefault);
        return (int)BitOperations.RoundUpToPowerOf2((ulong)wanted);
    }

    private static int ChooseRowsPerBlock(AttentionShape shape, int keysPerSegment, SideLayout? side)
    {
        long segments = DivideUp(shape.Keys, keysPerSegment);
        int rows = RowsPerBlockDefault;
        while (rows > TileGeometry.Rows
            && shape.Batch * shape.KvHeads * segments * DivideUp(shape.QueryRows, rows) < TasksWanted)
        {
            rows = Math.Max(TileGeometry.Rows, rows / 2);
        }

        while (side is not null && rows > TileGeometry.Rows && SliceBytes(shape, side, rows, keysPerSegment, (int.MaxValue, int.MaxValue)) > SideBytesWanted)
            rows = Math.Max(TileGeometry.Rows, rows / 2);

        return rows;
    }

    private void CountWork()
    {
        int heads = Shape.Batch * Shape.KvHeads;
        long tasks = 0, pairs = 0, computed = 0, rowTiles = 0;

        // Heads that see the same are counted once.
        bool isSame = !Rules.DependsOnBatch && _census is null;
        for (int index = 0; index < BlockCount; index += isSame ? heads : 1)
        {
            QueryBlock block = Block(index);
            rowTiles += DivideUp(block.Rows, TileGeometry.Rows);
            if (_census is not null || Rules.RangeOf(block.Batch).Sinks > 0)
            {
                foreach (int segment in SegmentsOf(block))
                {
                    tasks++;
                    pairs += PairsOf(block, SegmentKeys(segment), segment);
                    computed += TaskTiles(block, segment);
                }

                continue;
            }

            tasks += block.Segments.Count;
            pairs += PairsOf(block, new KeyRange(0, Shape.Keys), -1);
            computed += TilesOf(block, new KeyRange(0, Shape.Keys)) * Shape.GroupSize;
        }

        long times = isSame ? heads : 1;
        long all = rowTiles * times * Shape.GroupSize * TilesOf(new KeyRange(0, Shape.Keys));
        TaskCount = checked((int)(tasks * times));
        Flops = FlopsPerPair * times * pairs;
        TilesComputed = computed * times;
        TilesSkipped = all - TilesComputed;
    }

    private KeyRange WithoutEmptyEnds(QueryBlock block)
    {
        (int start, int end) = (block.Segments.Start, block.Segments.End);
        int rowBlock = block.FirstRow / RowsPerBlock;
        while (start < end && _census!.Pairs(block.Batch, block.KvHead, rowBlock, start) == 0)
            start++;
        while (end > start && _census!.Pairs(block.Batch, block.KvHead, rowBlock, end - 1) == 0)
            end--;
        return start == end ? default : new KeyRange(start, end);
    }

    /// <summary>Visible pairs of all query heads of a block.</summary>
    private long PairsOf(in QueryBlock block, KeyRange keys, int segment)
    {
        if (_census is not null)
            return _census.Pairs(block.Batch, block.KvHead, block.FirstRow / RowsPerBlock, segment);
        TaskMask mask = Rules.RangeOf(block.Batch);
        keys = keys.Intersect(new KeyRange(0, mask.KeysEnd));
        long pairs = mask.Band.CountVisible(block.FirstRow, block.EndRow, keys with { Start = Math.Max(keys.Start, mask.Sinks) });
        if (mask.Sinks > keys.Start)
        {
            // Among the sinks, the window's own keys lie within what causality lets be seen.
            var sinks = new BandMask(-BandMask.Open, mask.SinkUpper);
            pairs += sinks.CountVisible(block.FirstRow, block.EndRow, keys with { End = Math.Min(keys.End, mask.Sinks) });
        }

        return pairs * Shape.GroupSize;
    }

    /// <summary>Tiles of one head of a block that hold a visible pair with some keys.</summary>
    private long TilesOf(in QueryBlock block, KeyRange keys)
    {
        long tiles = 0;
        TaskMask mask = Rules.RangeOf(block.Batch);

        // Counted down, because the number of the row behind the last tile may be more than an int holds.
        for (int row = block.FirstRow, left = block.Rows; left > 0; left -= TileGeometry.Rows)
        {
            int rows = Math.Min(left, TileGeometry.Rows);
            KeyRange band = mask.InBand(row, row + rows).Intersect(keys);
            tiles += TilesOf(band);
            if (mask.Sinks > 0)
                tiles += TilesOf(mask.InSinks(row + rows).Intersect(keys), band);
            row += rows;
        }

        return tiles;
    }

    /// <summary>Tiles that a range of keys touches, and another one does not.</summary>
    private long TilesOf(KeyRange keys, KeyRange other)
    {
        if (keys.IsEmpty || other.IsEmpty)
            return TilesOf(keys);
        long first = Math.Max(TileNumber(keys.Start), TileNumber(other.Start)), last = Math.Min(TileNumber(keys.End - 1), TileNumber(other.End - 1));
        return TilesOf(keys) - Math.Max(0, last - first + 1);
    }

    /// <summary>
    /// Tiles that a range of keys touches, in constant time: one block can have millions of row tiles, and meet millions of segments.
    /// </summary>
    private long TilesOf(KeyRange keys) => keys.IsEmpty ? 0 : TileNumber(keys.End - 1) - TileNumber(keys.Start) + 1;

    /// <summary>The number of the tile that holds a key; tiles are counted from the start of each segment.</summary>
    private long TileNumber(int key) =>
        ((long)(key / KeysPerSegment) * DivideUp(KeysPerSegment, TileGeometry.Keys)) + (key % KeysPerSegment / TileGeometry.Keys);
}
