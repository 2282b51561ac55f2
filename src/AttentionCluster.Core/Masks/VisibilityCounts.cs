using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// What a mask leaves of each task where that does not follow from numbers alone: counted key by key, by the same code by which kernels
/// rows. Batch entries and heads that see the same are counted once.
/// </summary>
internal sealed class VisibilityCounts
{
    /// <summary>Of a large mask, read at a time: runs of some kilobytes for each row of a tile.</summary>
    internal const int WindowBytes = 2 << 20;

    private readonly JobGeometry _geometry;
    private readonly long[] _pairs;
    private readonly int[] _tiles;
    private readonly KeyRange[] _ends;
    private readonly int _rowBlocks;
    private readonly int _segments;
    private readonly int _batchStep;
    private readonly int _headStep;

    private VisibilityCounts(JobGeometry geometry, JobMask rules)
    {
        _geometry = geometry;
        (_rowBlocks, _segments) = (geometry.BlocksPerHead, geometry.SegmentCount);
        int heads = rules.DependsOnHead ? geometry.Shape.KvHeads : 1;
        (_batchStep, _headStep) = (rules.DependsOnBatch ? heads : 0, rules.DependsOnHead ? 1 : 0);
        long blocks = BlocksOf(geometry, rules);
        _pairs = new long[blocks * geometry.SegmentCount];
        _tiles = new int[_pairs.Length];
        _ends = new KeyRange[blocks];
    }

    /// <summary>Bytes that it takes for a geometry.</summary>
    internal static unsafe long ByteLengthOf(JobGeometry geometry, JobMask rules) =>
        BlocksOf(geometry, rules) * ((geometry.SegmentCount * (long)(sizeof(long) + sizeof(int))) + sizeof(KeyRange));

    /// <summary>Blocks that don't see the same.</summary>
    private static long BlocksOf(JobGeometry geometry, JobMask rules) =>
        (rules.DependsOnHead ? geometry.Shape.KvHeads : 1L) * (rules.DependsOnBatch ? geometry.Shape.Batch : 1L) * geometry.BlocksPerHead;

    /// <summary>Counts.</summary>
    /// <param name="geometry">How the job is cut.</param>
    /// <param name="rules">Its mask, with the numbers.</param>
    /// <param name="cancellationToken">Looked at between tiles.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal static VisibilityCounts Take(JobGeometry geometry, JobMask rules, CancellationToken cancellationToken)
    {
        var counts = new VisibilityCounts(geometry, rules);
        int heads = rules.DependsOnHead ? geometry.Shape.KvHeads : 1;
        for (int batch = 0; batch < (rules.DependsOnBatch ? geometry.Shape.Batch : 1); batch++)
        {
            for (int kvHead = 0; kvHead < heads; kvHead++)
                counts.Count(rules, batch, kvHead, cancellationToken);
        }

        return counts;
    }

    /// <summary>Visible pairs of all query heads of a KV head.</summary>
    internal long Pairs(int batch, int kvHead, int rowBlock, int segment) => _pairs[At(batch, kvHead, rowBlock, segment)];

    /// <summary>Kernel tiles with a visible pair, of all query heads of a KV head.</summary>
    internal int Tiles(int batch, int kvHead, int rowBlock, int segment) => _tiles[At(batch, kvHead, rowBlock, segment)];

    /// <summary>The segments of a block from the first to the last of which it sees a key.</summary>
    internal KeyRange Segments(int batch, int kvHead, int rowBlock) => _ends[At(batch, kvHead, rowBlock, 0) / _segments];

    /// <summary>(Block, segment) pairs with a visible key, over all batch entries and KV heads.</summary>
    internal long AllTasks() => (_pairs.LongLength - _pairs.AsSpan().Count(0)) * Times;

    /// <summary>Visible pairs of all heads.</summary>
    internal Int128 AllPairs()
    {
        Int128 pairs = 0;
        foreach (long some in _pairs)
            pairs += some;
        return pairs * Times;
    }

    /// <summary>Kernel tiles with a visible pair, of all heads.</summary>
    internal long AllTiles()
    {
        long tiles = 0;
        foreach (int some in _tiles)
            tiles += some;
        return tiles * Times;
    }

    /// <summary>Batch entries and KV heads for which each number stands.</summary>
    private long Times => (_batchStep == 0 ? _geometry.Shape.Batch : 1L) * (_headStep == 0 ? _geometry.Shape.KvHeads : 1L);

    private long At(int batch, int kvHead, int rowBlock, int segment) =>
        ((((((long)batch * _batchStep) + (kvHead * _headStep)) * _rowBlocks) + rowBlock) * _segments) + segment;

    private unsafe void Count(JobMask rules, int batch, int kvHead, CancellationToken cancellationToken)
    {
        using var memory = new NativeBuffer(TileVisibility.ByteLength);
        var visibility = new TileVisibility(memory.Pointer);
        var mask = new MaskCursor(rules, batch, kvHead, WindowBytes);
        TaskMask range = rules.RangeOf(batch);
        AttentionShape shape = _geometry.Shape;
        int heads = rules.DependsOnHead ? shape.GroupSize : 1, alike = shape.GroupSize / heads;
        for (int rowBlock = 0; rowBlock < _rowBlocks; rowBlock++)
        {
            int endRow = (int)Math.Min(((long)rowBlock + 1) * _geometry.RowsPerBlock, shape.QueryRows);
            for (int row = rowBlock * _geometry.RowsPerBlock, left = endRow - row; left > 0; left -= TileGeometry.Rows,
                row += TileGeometry.Rows)
            {
                int rows = Math.Min(left, TileGeometry.Rows);
                KeyRange hull = range.Hull(row, row + rows).Intersect(new KeyRange(0, shape.Keys));

                // Head by head, so that what is read of a large mask serves the tiles that follow.
                for (int head = 0; head < heads; head++)
                    CountRows(new RowsOfTile(mask, visibility, hull, head, row, rows), At(batch, kvHead, rowBlock, 0), alike,
                        cancellationToken);
            }

            _ends[At(batch, kvHead, rowBlock, 0) / _segments] = WithoutEmptyEnds(At(batch, kvHead, rowBlock, 0));
        }
    }

    /// <summary>Some rows of one head against all keys.</summary>
    private unsafe void CountRows(in RowsOfTile rows, long at, int alike, CancellationToken cancellationToken)
    {
        KeyRange hull = rows.Hull;
        for (int segment = hull.IsEmpty ? 1 : hull.Start / _geometry.KeysPerSegment; !hull.IsEmpty
            && segment * (long)_geometry.KeysPerSegment < hull.End; segment++)
        {
            KeyRange keys = _geometry.SegmentKeys(segment);
            for (int key = keys.Start; key < keys.End; key += TileGeometry.Keys)
            {
                int count = Math.Min(TileGeometry.Keys, keys.End - key);
                if (hull.Intersect(new KeyRange(key, key + count)).IsEmpty)
                    continue;
                cancellationToken.ThrowIfCancellationRequested();
                TaskMask mask = rows.Mask.MaskOf(rows.Head, rows.Row, rows.Rows, key, count);
                if (!rows.Visibility.Evaluate(mask, rows.Head, 0, rows.Row, rows.Rows, 0, key, count, 0))
                    continue;
                _tiles[at + segment] += alike;
                for (int r = 0; r < rows.Rows; r++)
                    _pairs[at + segment] += (long)alike * rows.Visibility.CountOf(r);
            }
        }
    }

    private readonly record struct RowsOfTile(MaskCursor Mask, TileVisibility Visibility, KeyRange Hull, int Head, int Row, int Rows);

    private KeyRange WithoutEmptyEnds(long first)
    {
        ReadOnlySpan<long> pairs = _pairs.AsSpan((int)first, _segments);
        return new KeyRange(Math.Max(0, pairs.IndexOfAnyExcept(0)), pairs.LastIndexOfAnyExcept(0) + 1);
    }
}
