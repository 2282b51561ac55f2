using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Planning;

/// <summary>
/// What the blocks of a plan without a pattern add up to: in a time that grows neither with rows nor with keys, because a request of some
/// hundred bytes can ask for a plan with 2^31 of both.
/// </summary>
/// <param name="geometry">How the job is cut.</param>
internal sealed class WorkCount(JobGeometry geometry)
{
    private static readonly int s_tileRows = TileGeometry.Rows;

    /// <summary>Keys that count: all.</summary>
    private KeyRange AllKeys => new(0, geometry.Shape.Keys);

    /// <summary>(Block, segment) pairs of one head with a visible key.</summary>
    internal long Tasks(in TaskMask mask)
    {
        var seen = new CellsSeen(mask, AllKeys, KeyCells.Segments(geometry.KeysPerSegment));
        long whole = WholeBlocks;
        return seen.Count(whole, 0, geometry.RowsPerBlock, geometry.RowsPerBlock)
            + seen.Count(1, whole * geometry.RowsPerBlock, geometry.RowsPerBlock,
                geometry.Shape.QueryRows - (whole * geometry.RowsPerBlock));
    }

    /// <summary>Segments of which a block sees a key.</summary>
    internal long Tasks(in TaskMask mask, in QueryBlock block) =>
        new CellsSeen(mask, AllKeys, KeyCells.Segments(geometry.KeysPerSegment)).Count(1, block.FirstRow, block.Rows, block.Rows);

    /// <summary>Visible pairs of some rows of one head with some keys.</summary>
    internal static long Pairs(in TaskMask mask, int firstRow, int endRow, KeyRange keys)
    {
        keys = keys.Intersect(new KeyRange(0, mask.KeysEnd));
        long pairs = mask.Band.CountVisible(firstRow, endRow, keys with { Start = Math.Max(keys.Start, mask.Sinks) });
        if (mask.Sinks > keys.Start)
        {
            // Among the sinks, the window's own keys lie within what causality lets be seen.
            var sinks = new BandMask(-BandMask.Open, mask.SinkUpper);
            pairs += sinks.CountVisible(firstRow, endRow, keys with { End = Math.Min(keys.End, mask.Sinks) });
        }

        return pairs;
    }

    /// <summary>Tiles of one head with a visible pair.</summary>
    /// <param name="mask">What its rows see.</param>
    /// <param name="cancellationToken">Where neither blocks nor segments are whole tiles, some millions of sums can be needed.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal long Tiles(in TaskMask mask, CancellationToken cancellationToken)
    {
        var seen = new CellsSeen(mask, AllKeys, KeyCells.Tiles(geometry.KeysPerSegment));
        int rows = geometry.RowsPerBlock;
        long blocks = WholeBlocks, left = geometry.Shape.QueryRows - (blocks * rows), tiles = TilesOfRun(seen, blocks * rows, left);
        if (rows % s_tileRows == 0)
            return tiles + seen.Count(blocks * rows / s_tileRows, 0, s_tileRows, s_tileRows);

        // Tiles at the same place of all blocks, or all tiles of a block, are equally far from each other; the fewer sums, the better.
        long tilesOfBlock = IntegerMath.DivideUp(rows, s_tileRows);
        for (long tile = 0; blocks > tilesOfBlock && tile < tilesOfBlock; tile++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tiles += seen.Count(blocks, tile * s_tileRows, rows, Math.Min(s_tileRows, rows - (tile * s_tileRows)));
        }

        for (long block = 0; blocks <= tilesOfBlock && block < blocks; block++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tiles += TilesOfRun(seen, block * rows, rows);
        }

        return tiles;
    }

    /// <summary>Tiles of one head of a block with a visible pair in one segment.</summary>
    internal long Tiles(in TaskMask mask, in QueryBlock block, KeyRange keys) =>
        TilesOfRun(new CellsSeen(mask, keys, KeyCells.Tiles(geometry.KeysPerSegment)), block.FirstRow, block.Rows);

    /// <summary>Tiles that there are of one head, with a visible pair or without.</summary>
    internal long AllTiles()
    {
        long whole = WholeBlocks, left = geometry.Shape.QueryRows - (whole * geometry.RowsPerBlock);
        long rowTiles = (whole * IntegerMath.DivideUp(geometry.RowsPerBlock, s_tileRows)) + IntegerMath.DivideUp((int)left, s_tileRows);
        return rowTiles * KeyCells.Tiles(geometry.KeysPerSegment).CountOfFirst(geometry.Shape.Keys);
    }

    /// <summary>Blocks of a head that have all their rows, but for the last one.</summary>
    private long WholeBlocks => (geometry.Shape.QueryRows - 1L) / geometry.RowsPerBlock;

    /// <summary>Rows that follow one another are cut into tiles from the first one on.</summary>
    private static long TilesOfRun(in CellsSeen seen, long firstRow, long rows) =>
        seen.Count(rows / s_tileRows, firstRow, s_tileRows, s_tileRows)
        + (rows % s_tileRows == 0 ? 0 : seen.Count(1, firstRow + (rows / s_tileRows * s_tileRows), s_tileRows, rows % s_tileRows));
}
