using System.Numerics;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Partials;

namespace AttentionCluster.Core.Planning;

/// <summary>
/// What a job consists of: its segments, its query blocks in dispatch order, and for each block the segments that it meets.
/// A pure function of the shape and the options: it knows no cluster, no core count and no clock, so that the result's bits
/// can't depend on them.
/// </summary>
internal sealed class AttentionPlan
{
    /// <summary>
    /// The most runs of rows of a block that stand where their documents say: they go with each of its tasks, some bytes each.
    /// </summary>
    public const int PositionRunsMax = 4_096;

    private const long Unknown = -1;

    private readonly VisibilityCounts? _counts;
    private readonly WorkCount _count;
    private long _tilesComputed = Unknown;

    private AttentionPlan(
        JobGeometry geometry, AttentionOptions options, JobMask rules, VisibilityCounts? counts)
    {
        Geometry = geometry;
        Options = options;
        Rules = rules;
        Scale = options.Scale ?? (1.0 / Math.Sqrt(geometry.Shape.KeyWidth));
        BlockCount = geometry.BlockCount;
        _count = new WorkCount(geometry);
        _counts = counts;
        CountWork();
    }

    /// <summary>How the job is cut.</summary>
    public JobGeometry Geometry { get; }

    /// <summary>The job's shape.</summary>
    public AttentionShape Shape => Geometry.Shape;

    /// <summary>The options as the user gave them.</summary>
    public AttentionOptions Options { get; }

    /// <summary>The arithmetic. Which instructions carry it out is not the plan's to say.</summary>
    public BitFamily Family => Options.Kernel.Family();

    /// <summary>Which keys a row sees, and what becomes of its scores.</summary>
    public JobMask Rules { get; }

    /// <summary>
    /// The band of the first batch entry: all that <see cref="Rules"/> say of a job without sinks and without tensors beside Q, K and V.
    /// </summary>
    public BandMask Mask => Rules.RangeOf(0).Band;

    /// <summary>Factor of the scores.</summary>
    public double Scale { get; }

    /// <summary>Keys of a segment; the last one may have fewer.</summary>
    public int KeysPerSegment => Geometry.KeysPerSegment;

    /// <summary>Query rows of a block; the last one of a head may have fewer.</summary>
    public int RowsPerBlock => Geometry.RowsPerBlock;

    /// <summary>Segments of one KV head.</summary>
    public int SegmentCount => Geometry.SegmentCount;

    /// <summary>Query blocks of the whole job.</summary>
    public int BlockCount { get; }

    /// <summary>(block, segment) pairs with a visible key.</summary>
    public int TaskCount { get; private set; }

    /// <summary>Kernel tiles with a visible pair, over all heads.</summary>
    public long TilesComputed => CountTiles(CancellationToken.None);

    /// <summary>Kernel tiles without one.</summary>
    public long TilesSkipped => (Shape.Batch * (long)Shape.Query.Heads * _count.AllTiles()) - TilesComputed;

    /// <summary>Floating-point operations of the visible pairs: <c>2 (Dk + Dv)</c> each.</summary>
    public double Flops { get; private set; }

    /// <summary>Query rows of a block over all its heads: the rows of its partials.</summary>
    public int PartialRows(in QueryBlock block) => block.Rows * Shape.GroupSize;

    /// <summary>Whether partials say what was taken off the scores of each row.</summary>
    public bool PartialsHaveShift => KernelCatalog.TakesConstantsOff(Family, Rules.Layout);

    /// <summary>Bytes of a partial of so many rows.</summary>
    public long PartialBytes(int rows) => Partial.ByteLength(rows, Shape.ValueWidth, PartialsHaveShift);

    /// <summary>The keys of a segment.</summary>
    public KeyRange SegmentKeys(int segment) => Geometry.SegmentKeys(segment);

    /// <summary>
    /// The block at a place of the dispatch order. Later rows come first: in a causal job they have the most work, and the
    /// last tasks to run should be the small ones. Blocks of the same rows follow one another over the heads.
    /// </summary>
    public QueryBlock Block(int index)
    {
        int heads = Shape.Batch * Shape.KvHeads;
        int rowBlock = Geometry.BlocksPerHead - 1 - (index / heads);
        int head = index % heads;
        int firstRow = rowBlock * RowsPerBlock;
        int rows = Math.Min(RowsPerBlock, Shape.QueryRows - firstRow);
        (int batch, int kvHead) = (head / Shape.KvHeads, head % Shape.KvHeads);
        KeyRange keys = Rules.RangeOf(batch).Hull(firstRow, firstRow + rows).Intersect(new KeyRange(0, Shape.Keys));
        KeyRange segments = keys.IsEmpty
            ? default
            : new KeyRange(keys.Start / KeysPerSegment, IntegerMath.DivideUp(keys.End, KeysPerSegment));
        var block = new QueryBlock(index, batch, kvHead, firstRow, rows, segments);
        return _counts is null ? block : block with { Segments = WithoutEmptyEnds(block) };
    }

    /// <summary>Whether a block sees a key of a segment.</summary>
    public bool HasTask(in QueryBlock block, int segment)
    {
        if (segment < block.Segments.Start || segment >= block.Segments.End)
            return false;
        if (_counts is not null)
            return _counts.Pairs(block.Batch, block.KvHead, block.FirstRow / RowsPerBlock, segment) > 0;
        if (segment == block.Segments.Start || segment == block.Segments.End - 1)
            return true;

        // Between sinks and a window there may be segments that no row sees.
        TaskMask mask = Rules.RangeOf(block.Batch);
        return mask.Sinks == 0
            || !mask.InBand(block.FirstRow, block.EndRow).Intersect(SegmentKeys(segment)).IsEmpty
            || !mask.InSinks(block.EndRow).Intersect(SegmentKeys(segment)).IsEmpty;
    }

    /// <summary>The segments of which a block sees a key, in ascending order.</summary>
    public IEnumerable<int> SegmentsOf(QueryBlock block) =>
        Enumerable.Range(block.Segments.Start, block.Segments.Count).Where(segment => HasTask(block, segment));

    /// <summary>How many <see cref="SegmentsOf"/> there are.</summary>
    public int TasksOf(in QueryBlock block) =>
        _counts is not null ? SegmentsOf(block).Count() : (int)_count.Tasks(Rules.RangeOf(block.Batch), block);

    /// <summary>Floating-point operations of all of a block's visible pairs.</summary>
    public double FlopsOf(QueryBlock block) => _counts is not null
        ? SegmentsOf(block).Sum(segment => TaskFlops(block, segment))
        : FlopsPerPair * PairsOf(block, new KeyRange(0, Shape.Keys), -1);

    /// <summary>Floating-point operations of a block's visible pairs in one segment.</summary>
    public double TaskFlops(in QueryBlock block, int segment) =>
        FlopsPerPair * PairsOf(block, SegmentKeys(segment), segment);

    /// <summary>Kernel tiles of a block with a visible pair in one segment.</summary>
    public long TaskTiles(in QueryBlock block, int segment) => _counts is not null
        ? _counts.Tiles(block.Batch, block.KvHead, block.FirstRow / RowsPerBlock, segment)
        : _count.Tiles(Rules.RangeOf(block.Batch), block, SegmentKeys(segment)) * Shape.GroupSize;

    /// <summary>Counts <see cref="TilesComputed"/>, which nothing but a job's report says; known from then on.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public long CountTiles(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _tilesComputed) == Unknown)
        {
            long tiles = _counts?.AllTiles() ?? (SumOverBatch(mask => _count.Tiles(mask, cancellationToken)) * Shape.GroupSize);
            Volatile.Write(ref _tilesComputed, tiles);
        }

        return _tilesComputed;
    }

    /// <summary>Checks the options against the shape, and plans.</summary>
    /// <returns>The plan, or null with the reason.</returns>
    /// <remarks>
    /// While only headers of the tensors beside Q, K and V are known, the counts are what they can be at most, and take no time to speak
    /// of. With the numbers of a mask or of documents every pair is looked at: not on a thread that somebody waits for, and with a token.
    /// </remarks>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static AttentionPlan? Create(
        AttentionShape shape, AttentionOptions options, out Refusal? refusal,
        AuxiliaryLayout? auxiliary = null, AuxiliaryTensors? tensors = null,
        CancellationToken cancellationToken = default)
    {
        refusal = OptionCatalog.Check(options);
        if (refusal is not null)
            return null;
        AuxiliaryLayout layout = auxiliary ?? AuxiliaryLayout.None;
        JobGeometry geometry = JobGeometry.Of(shape, options, layout);
        refusal = PlanLimits.Check(shape, geometry.KeysPerSegment, geometry.RowsPerBlock);
        var rules = new JobMask(shape, options, layout, tensors);
        refusal ??= PlanLimits.Check(rules, shape, geometry.RowsPerBlock);
        if (refusal is not null)
            return null;
        VisibilityCounts? counts = rules.HasPattern ? VisibilityCounts.Take(geometry, rules, cancellationToken) : null;
        return new AttentionPlan(geometry, options, rules, counts);
    }


    private double FlopsPerPair => 2.0 * (Shape.KeyWidth + Shape.ValueWidth);

    /// <summary>The most memory that a task needs for the tensors beside Q, K and V, in bytes.</summary>
    public long AuxiliaryBytesMax => JobGeometry.AuxiliaryBytes(Shape, Rules.Layout, RowsPerBlock, KeysPerSegment, Options.MaskBlock);

    /// <summary>
    /// Memory for what a mask, or documents, leave of each task, and for a document's id for each row and key, for the lengths of documents
    /// and the positions of rows, in bytes; 0 without.
    /// </summary>
    public long PatternBytes => !Rules.Layout.HasPattern ? 0 : VisibilityCounts.ByteLengthOf(Geometry, Rules)
        + (Rules.Layout is { QueryDocuments: { } ofRows, KeyDocuments: { } ofKeys } ? DocumentBytes(ofRows, ofKeys) : 0);

    private long DocumentBytes(AuxiliaryTensor ofRows, AuxiliaryTensor ofKeys)
    {
        long ids = sizeof(long) * (((long)ofRows.Shape.Batch * Shape.QueryRows) + ((long)ofKeys.Shape.Batch * Shape.Keys));
        long lengths = ofRows.AreLengths ? sizeof(long) * (ofRows.Shape.ElementCount + ofKeys.Shape.ElementCount) : 0;
        long positions = !AuxiliaryTensors.HasPositions(Rules.Layout, Options) ? 0 : (sizeof(long) * (long)Shape.Batch * Shape.QueryRows)
            + (ofRows.AreLengths ? 0 : DocumentPositions.SortingBytes * ((long)Shape.QueryRows + Shape.Keys));
        return ids + lengths + positions;
    }

    private void CountWork()
    {
        TaskCount = checked((int)(_counts?.AllTasks() ?? SumOverBatch(mask => _count.Tasks(mask))));
        Int128 pairs = _counts?.AllPairs()
            ?? (SumOverBatch(mask => (Int128)WorkCount.Pairs(mask, 0, Shape.QueryRows, new KeyRange(0, Shape.Keys))) * Shape.GroupSize);

        // What all heads do alike is multiplied after it was rounded: so reports have said it from the first on.
        long times = _counts is null && !Rules.DependsOnBatch ? (long)Shape.Batch * Shape.KvHeads : 1;
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
        KeyRange seen = _counts!.Segments(block.Batch, block.KvHead, block.FirstRow / RowsPerBlock);
        return seen.IsEmpty ? default : seen;
    }

    /// <summary>Visible pairs of all query heads of a block.</summary>
    private long PairsOf(in QueryBlock block, KeyRange keys, int segment) => _counts is not null
        ? _counts.Pairs(block.Batch, block.KvHead, block.FirstRow / RowsPerBlock, segment)
        : WorkCount.Pairs(Rules.RangeOf(block.Batch), block.FirstRow, block.EndRow, keys) * Shape.GroupSize;
}
