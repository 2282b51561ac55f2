using System.Globalization;
using System.Numerics;
using System.Text;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Partials;

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

    /// <summary>The most runs of rows of a block that stand where their documents say: they go with each of its tasks, some bytes each.</summary>
    public const int PositionRunsMax = 4_096;

    /// <summary>Below this many tasks the plan takes smaller blocks, so that a small job can still be shared out.</summary>
    private const int TasksWanted = 64;

    /// <summary>The plan takes smaller blocks while a task's part of a mask takes more than so many bytes.</summary>
    private const long SideBytesWanted = 32L << 20;

    private const long Unknown = -1;

    private readonly int _blocksPerHead;
    private readonly VisibilityCounts? _census;
    private readonly WorkCount _count;
    private long _tilesComputed = Unknown;

    private AttentionPlan(
        AttentionShape shape, AttentionOptions options, JobMask rules, int keysPerSegment, int rowsPerBlock,
        CancellationToken cancellationToken)
    {
        Shape = shape;
        Options = options;
        Rules = rules;
        Scale = options.Scale ?? (1.0 / Math.Sqrt(shape.KeyWidth));
        KeysPerSegment = keysPerSegment;
        SegmentCount = DivideUp(shape.Keys, KeysPerSegment);
        RowsPerBlock = rowsPerBlock;
        _blocksPerHead = DivideUp(shape.QueryRows, RowsPerBlock);
        BlockCount = checked(shape.Batch * shape.KvHeads * _blocksPerHead);
        _count = new WorkCount(this);
        _census = rules.HasPattern ? VisibilityCounts.Take(this, _blocksPerHead, cancellationToken) : null;
        CountWork();
    }

    /// <summary>The job's shape.</summary>
    public AttentionShape Shape { get; }

    /// <summary>The options as the user gave them.</summary>
    public AttentionOptions Options { get; }

    /// <summary>The arithmetic. Which instructions carry it out is not the plan's to say.</summary>
    public BitFamily Family => Options.Kernel.Family();

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
    public long TilesComputed => CountTiles(CancellationToken.None);

    /// <summary>Kernel tiles without one.</summary>
    public long TilesSkipped => (Shape.Batch * (long)Shape.Query.Heads * _count.AllTiles()) - TilesComputed;

    /// <summary>Floating-point operations of the visible pairs: <c>2 (Dk + Dv)</c> each.</summary>
    public double Flops { get; private set; }

    /// <summary>Query rows of a block over all its heads: the rows of its partials.</summary>
    public int PartialRows(in QueryBlock block) => block.Rows * Shape.GroupSize;

    /// <summary>Whether partials say what was taken off the scores of each row.</summary>
    public bool PartialsHaveShift => KernelPaths.TakesConstantsOff(Family, Rules.Layout);

    /// <summary>Bytes of a partial of so many rows.</summary>
    public long PartialBytes(int rows) => Partial.ByteLength(rows, Shape.ValueWidth, PartialsHaveShift);

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

    /// <summary>How many <see cref="SegmentsOf"/> there are.</summary>
    public int TasksOf(in QueryBlock block) =>
        _census is not null ? SegmentsOf(block).Count() : (int)_count.Tasks(Rules.RangeOf(block.Batch), block);

    /// <summary>Floating-point operations of all of a block's visible pairs.</summary>
    public double FlopsOf(QueryBlock block) => _census is not null
        ? SegmentsOf(block).Sum(segment => TaskFlops(block, segment))
        : FlopsPerPair * PairsOf(block, new KeyRange(0, Shape.Keys), -1);

    /// <summary>Floating-point operations of a block's visible pairs in one segment.</summary>
    public double TaskFlops(in QueryBlock block, int segment) =>
        FlopsPerPair * PairsOf(block, SegmentKeys(segment), segment);

    /// <summary>Kernel tiles of a block with a visible pair in one segment.</summary>
    public long TaskTiles(in QueryBlock block, int segment) => _census is not null
        ? _census.Tiles(block.Batch, block.KvHead, block.FirstRow / RowsPerBlock, segment)
        : _count.Tiles(Rules.RangeOf(block.Batch), block, SegmentKeys(segment)) * Shape.GroupSize;

    /// <summary>Counts <see cref="TilesComputed"/>, which nothing but a job's report says; known from then on.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public long CountTiles(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _tilesComputed) == Unknown)
        {
            long tiles = _census?.AllTiles(Shape) ?? (SumOverBatch(mask => _count.Tiles(mask, cancellationToken)) * Shape.GroupSize);
            Volatile.Write(ref _tilesComputed, tiles);
        }

        return _tilesComputed;
    }

    /// <summary>Checks the options against the shape, and plans.</summary>
    /// <returns>The plan, or null with the reason.</returns>
    /// <remarks>
    /// While only headers of the tensors beside Q, K and V are known, the counts are what they can be at most, and take no time to speak of. With the numbers
    /// of a mask or of documents every pair is looked at: not on a thread that somebody waits for, and with a token.
    /// </remarks>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static AttentionPlan? Create(
        AttentionShape shape, AttentionOptions options, out Refusal? refusal, SideLayout? side = null, SideTensors? tensors = null,
        CancellationToken cancellationToken = default)
    {
        refusal = OptionLimits.Check(options);
        if (refusal is not null)
            return null;
        int keysPerSegment = options.KeysPerSegment ?? ChooseKeysPerSegment(options);
        int rowsPerBlock = Math.Min(options.RowsPerBlock ?? ChooseRowsPerBlock(shape, keysPerSegment, side), shape.QueryRows);
        refusal = OptionLimits.Check(shape, keysPerSegment, rowsPerBlock);
        var rules = new JobMask(shape, options, side ?? SideLayout.None, tensors);
        refusal ??= OptionLimits.Check(rules, shape, rowsPerBlock);
        return refusal is null ? new AttentionPlan(shape, options, rules, keysPerSegment, rowsPerBlock, cancellationToken) : null;
    }

    /// <summary>The plan as a table: the integers, then a line for each block of the first head with the segments that it meets.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"q {Shape.Query} k {Shape.Key} v {Shape.Value} kernel {Family.Name()}\n");
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
    public AuxiliarySlice SliceOf(in QueryBlock block, int segment) =>
        new(Rules.Layout, Shape.GroupSize, block.FirstRow, block.Rows, SegmentKeys(segment).Start, SegmentKeys(segment).Count, Options.MaskBlock);

    /// <summary>The most memory that a task needs for the tensors beside Q, K and V, in bytes.</summary>
    public long SideBytesMax => SliceBytes(Shape, Rules.Layout, RowsPerBlock, KeysPerSegment, Options.MaskBlock);

    private static long SliceBytes(AttentionShape shape, SideLayout side, int rows, int keys, (int Rows, int Keys) block) =>
        new AuxiliarySlice(side, shape.GroupSize, 0, rows, 0, Math.Min(keys, shape.Keys), block).ByteLength;

    /// <summary>
    /// Memory for what a mask, or documents, leave of each task, and for a document's id for each row and key, for the lengths of documents and the positions of
    /// rows, in bytes; 0 without.
    /// </summary>
    public long PatternBytes => !Rules.Layout.HasPattern ? 0 : VisibilityCounts.ByteLengthOf(this, _blocksPerHead)
        + (Rules.Layout is { QueryDocuments: { } ofRows, KeyDocuments: { } ofKeys } ? DocumentBytes(ofRows, ofKeys) : 0);

    private long DocumentBytes(SideTensor ofRows, SideTensor ofKeys)
    {
        long ids = sizeof(long) * (((long)ofRows.Shape.Batch * Shape.QueryRows) + ((long)ofKeys.Shape.Batch * Shape.Keys));
        long lengths = SideLayout.AreLengths(ofRows) ? sizeof(long) * (ofRows.Shape.ElementCount + ofKeys.Shape.ElementCount) : 0;
        long positions = !SideTensors.HasPositions(Rules.Layout, Options) ? 0 : (sizeof(long) * (long)Shape.Batch * Shape.QueryRows)
            + (SideLayout.AreLengths(ofRows) ? 0 : DocumentPositions.SortingBytes * ((long)Shape.QueryRows + Shape.Keys));
        return ids + lengths + positions;
    }

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
            && (double)shape.Batch * shape.KvHeads * segments * DivideUp(shape.QueryRows, rows) < TasksWanted)
        {
            rows = Math.Max(TileGeometry.Rows, rows / 2);
        }

        while (side is not null && rows > TileGeometry.Rows && SliceBytes(shape, side, rows, keysPerSegment, (int.MaxValue, int.MaxValue)) > SideBytesWanted)
            rows = Math.Max(TileGeometry.Rows, rows / 2);

        return rows;
    }

    private void CountWork()
    {
        TaskCount = checked((int)(_census?.AllTasks(Shape) ?? SumOverBatch(mask => _count.Tasks(mask))));
        Int128 pairs = _census?.AllPairs(Shape)
            ?? (SumOverBatch(mask => (Int128)WorkCount.Pairs(mask, 0, Shape.QueryRows, new KeyRange(0, Shape.Keys))) * Shape.GroupSize);

        // What all heads do alike is multiplied after it was rounded: so reports have said it from the first on.
        long times = _census is null && !Rules.DependsOnBatch ? (long)Shape.Batch * Shape.KvHeads : 1;
        Flops = FlopsPerPair * times * (double)(pairs / times);
    }

    /// <summary>A sum over batch entries and KV heads. Those that see the same are counted once.</summary>
    private TNumber SumOverBatch<TNumber>(Func<TaskMask, TNumber> count)
        where TNumber : struct, INumber<TNumber>
    {
        IEnumerable<(int Batch, int Times)> alike = Rules.Tensors?.KeyLengths is { } lengths
            ? lengths.Index().GroupBy(one => one.Item).Select(same => (same.First().Index, same.Count()))
            : [(0, Shape.Batch)];
        var sum = TNumber.Zero;
        foreach ((int batch, int times) in alike)
            sum += count(Rules.RangeOf(batch)) * TNumber.CreateChecked(times);
        return sum * TNumber.CreateChecked(Shape.KvHeads);
    }

    private KeyRange WithoutEmptyEnds(QueryBlock block)
    {
        KeyRange seen = _census!.Segments(block.Batch, block.KvHead, block.FirstRow / RowsPerBlock);
        return seen.IsEmpty ? default : seen;
    }

    /// <summary>Visible pairs of all query heads of a block.</summary>
    private long PairsOf(in QueryBlock block, KeyRange keys, int segment) => _census is not null
        ? _census.Pairs(block.Batch, block.KvHead, block.FirstRow / RowsPerBlock, segment)
        : WorkCount.Pairs(Rules.RangeOf(block.Batch), block.FirstRow, block.EndRow, keys) * Shape.GroupSize;
}
