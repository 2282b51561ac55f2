using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// What a mask leaves of each task where that does not follow from numbers alone: counted key by key, by the same code by which kernels look.
/// Batch entries and heads that see the same are counted once.
/// </summary>
internal sealed class VisibilityCounts
{
    /// <summary>Of a large mask, read at a time: runs of some kilobytes for each row of a tile.</summary>
    internal const int WindowBytes = 2 << 20;

    private readonly long[] _pairs;
    private readonly int[] _tiles;
    private readonly KeyRange[] _ends;
    private readonly int _rowBlocks;
    private readonly int _segments;
    private readonly int _batchStep;
    private readonly int _headStep;

    private VisibilityCounts(AttentionPlan plan, int rowBlocks)
    {
        JobMask rules = plan.Rules;
        (_rowBlocks, _segments) = (rowBlocks, plan.SegmentCount);
        int heads = rules.DependsOnHead ? plan.Shape.KvHeads : 1;
        (_batchStep, _headStep) = (rules.DependsOnBatch ? heads : 0, rules.DependsOnHead ? 1 : 0);
        long blocks = BlocksOf(plan, rowBlocks);
        _pairs = new long[blocks * plan.SegmentCount];
        _tiles = new int[_pairs.Length];
        _ends = new KeyRange[blocks];
    }

    /// <summary>Bytes that it takes for a plan.</summary>
    internal static unsafe long ByteLengthOf(AttentionPlan plan, int rowBlocks) =>
        BlocksOf(plan, rowBlocks) * ((plan.SegmentCount * (long)(sizeof(long) + sizeof(int))) + sizeof(KeyRange));

    /// <summary>Blocks that don't see the same.</summary>
    private static long BlocksOf(AttentionPlan plan, int rowBlocks) =>
        (plan.Rules.DependsOnHead ? plan.Shape.KvHeads : 1L) * (plan.Rules.DependsOnBatch ? plan.Shape.Batch : 1L) * rowBlocks;

    /// <summary>Counts.</summary>
    /// <param name="plan">Its shape, segments and blocks.</param>
    /// <param name="rowBlocks">Query blocks of a head.</param>
    /// <param name="cancellationToken">Looked at between tiles.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal static VisibilityCounts Take(AttentionPlan plan, int rowBlocks, CancellationToken cancellationToken)
    {
        var census = new VisibilityCounts(plan, rowBlocks);
        int heads = plan.Rules.DependsOnHead ? plan.Shape.KvHeads : 1;
        for (int batch = 0; batch < (plan.Rules.DependsOnBatch ? plan.Shape.Batch : 1); batch++)
        {
            for (int kvHead = 0; kvHead < heads; kvHead++)
                census.Count(plan, batch, kvHead, cancellationToken);
        }

        return census;
    }

    /// <summary>Visible pairs of all query heads of a KV head.</summary>
    internal long Pairs(int batch, int kvHead, int rowBlock, int segment) => _pairs[At(batch, kvHead, rowBlock, segment)];

    /// <summary>Kernel tiles with a visible pair, of all query heads of a KV head.</summary>
    internal int Tiles(int batch, int kvHead, int rowBlock, int segment) => _tiles[At(batch, kvHead, rowBlock, segment)];

    /// <summary>The segments of a block from the first to the last of which it sees a key.</summary>
    internal KeyRange Segments(int batch, int kvHead, int rowBlock) => _ends[At(batch, kvHead, rowBlock, 0) / _segments];

    /// <summary>(Block, segment) pairs with a visible key, over all batch entries and KV heads.</summary>
    internal long AllTasks(AttentionShape shape) => (_pairs.LongLength - _pairs.AsSpan().Count(0)) * Times(shape);

    /// <summary>Visible pairs of all heads.</summary>
    internal Int128 AllPairs(AttentionShape shape)
    {
        Int128 pairs = 0;
        foreach (long some in _pairs)
            pairs += some;
        return pairs * Times(shape);
    }

    /// <summary>Kernel tiles with a visible pair, of all heads.</summary>
    internal long AllTiles(AttentionShape shape)
    {
        long tiles = 0;
        foreach (int some in _tiles)
            tiles += some;
        return tiles * Times(shape);
    }

    /// <summary>Batch entries and KV heads for which each number stands.</summary>
    private long Times(AttentionShape shape) => (_batchStep == 0 ? shape.Batch : 1L) * (_headStep == 0 ? shape.KvHeads : 1L);

    private long At(int batch, int kvHead, int rowBlock, int segment) =>
        ((((((long)batch * _batchStep) + (kvHead * _headStep)) * _rowBlocks) + rowBlock) * _segments) + segment;

    private unsafe void Count(AttentionPlan plan, int batch, int kvHead, CancellationToken cancellationToken)
    {
        using var memory = new NativeBuffer(TileVisibility.ByteLength);
        var sight = new TileVisibility(memory.Pointer);
        var mask = new MaskCursor(plan.Rules, batch, kvHead, WindowBytes);
        TaskMask range = plan.Rules.RangeOf(batch);
        AttentionShape shape = plan.Shape;
        int heads = plan.Rules.DependsOnHead ? shape.GroupSize : 1, alike = shape.GroupSize / heads;
        for (int rowBlock = 0; rowBlock < _rowBlocks; rowBlock++)
        {
            int endRow = (int)Math.Min(((long)rowBlock + 1) * plan.RowsPerBlock, shape.QueryRows);
            for (int row = rowBlock * plan.RowsPerBlock, left = endRow - row; left > 0; left -= TileGeometry.Rows, row += TileGeometry.Rows)
            {
                int rows = Math.Min(left, TileGeometry.Rows);
                KeyRange hull = range.Hull(row, row + rows).Intersect(new KeyRange(0, shape.Keys));

                // Head by head, so that what is read of a large mask serves the tiles that follow.
                for (int head = 0; head < heads; head++)
                    CountRows(new Look(plan, mask, sight, hull, head, row, rows), At(batch, kvHead, rowBlock, 0), alike, cancellationToken);
            }

            _ends[At(batch, kvHead, rowBlock, 0) / _segments] = WithoutEmptyEnds(At(batch, kvHead, rowBlock, 0));
        }
    }

    /// <summary>Some rows of one head against all keys.</summary>
    private unsafe void CountRows(in Look look, long at, int alike, CancellationToken cancellationToken)
    {
        (AttentionPlan plan, KeyRange hull) = (look.Plan, look.Hull);
        for (int segment = hull.IsEmpty ? 1 : hull.Start / plan.KeysPerSegment; !hull.IsEmpty && segment * (long)plan.KeysPerSegment < hull.End; segment++)
        {
            KeyRange keys = plan.SegmentKeys(segment);
            for (int key = keys.Start; key < keys.End; key += TileGeometry.Keys)
            {
                int count = Math.Min(TileGeometry.Keys, keys.End - key);
                if (hull.Intersect(new KeyRange(key, key + count)).IsEmpty)
                    continue;
                cancellationToken.ThrowIfCancellationRequested();
                TaskMask mask = look.Mask.MaskOf(look.Head, look.Row, look.Rows, key, count);
                if (!look.Sight.Look(mask, look.Head, 0, look.Row, look.Rows, 0, key, count, 0))
                    continue;
                _tiles[at + segment] += alike;
                for (int r = 0; r < look.Rows; r++)
                    _pairs[at + segment] += (long)alike * look.Sight.CountOf(r);
            }
        }
    }

    private readonly record struct Look(AttentionPlan Plan, MaskCursor Mask, TileVisibility Sight, KeyRange Hull, int Head, int Row, int Rows);

    private KeyRange WithoutEmptyEnds(long first)
    {
        ReadOnlySpan<long> pairs = _pairs.AsSpan((int)first, _segments);
        return new KeyRange(Math.Max(0, pairs.IndexOfAnyExcept(0)), pairs.LastIndexOfAnyExcept(0) + 1);
    }
}
