using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Planning;

/// <summary>
/// Keys cut into cells that are numbered in ascending order: tiles, which are counted from the start of each segment, or, with cells as
/// long as a segment, the segments themselves.
/// </summary>
/// <param name="PerSegment">Keys of a segment; at least 1.</param>
/// <param name="PerCell">Keys of a cell; the last one of a segment may have fewer.</param>
internal readonly record struct KeyCells(int PerSegment, int PerCell)
{
    private long InSegment => IntegerMath.DivideUp(PerSegment, PerCell);

    /// <summary>The segments.</summary>
    internal static KeyCells Segments(int keysPerSegment) => new(keysPerSegment, keysPerSegment);

    /// <summary>The tiles of kernels.</summary>
    internal static KeyCells Tiles(int keysPerSegment) => new(keysPerSegment, TileGeometry.Keys);

    /// <summary>The cell that holds a key.</summary>
    internal long Of(long key) => (key / PerSegment * InSegment) + (key % PerSegment / PerCell);

    /// <summary>Cells with one of the first keys.</summary>
    internal long CountOfFirst(long keys) => keys == 0 ? 0 : Of(keys - 1) + 1;

    /// <summary>The first key of a cell.</summary>
    internal long FirstKeyOf(long cell) => (cell / InSegment * PerSegment) + (cell % InSegment * PerCell);

    /// <summary>
    /// The sum of the cells of <paramref name="key"/>, <c>key + step</c>, and so on. In logarithmic time where cells are equally long;
    /// otherwise cells of a segment, or segments, are gone through, whichever are fewer.
    /// </summary>
    /// <param name="count">Keys that are summed over.</param>
    /// <param name="key">The first one; at least 0.</param>
    /// <param name="step">From one to the next; at least 1.</param>
    internal long Sum(long count, long key, long step)
    {
        if (count <= 0)
            return 0;
        long last = key + (step * (count - 1));
        long firstSegment = key / PerSegment, segments = (last / PerSegment) - firstSegment + 1, cells = InSegment;
        if (cells == 1)
            return FloorSum.Of(count, key, step, PerSegment);
        if (PerSegment % PerCell == 0)
            return FloorSum.Of(count, key, step, PerCell);

        long sum = 0;
        if (count <= Math.Min(segments, cells))
        {
            for (long at = key; at <= last; at += step)
                sum += Of(at);
        }
        else if (segments <= cells)
        {
            for (long segment = firstSegment, done = 0; segment < firstSegment + segments; segment++)
            {
                long end = Math.Min(count, (((segment + 1) * PerSegment) - key + step - 1) / step);
                sum += ((end - done) * segment * cells)
                    + FloorSum.Of(end - done, key + (step * done) - (segment * PerSegment), step, PerCell);
                done = end;
            }
        }
        else
        {
            // A key's cell is the number of cells that begin after the first one and up to the key.
            for (long cell = 0; cell < cells; cell++)
                sum += FloorSum.Of(count, key - (cell * PerCell) + PerSegment, step, PerSegment);
            sum -= count;
        }

        return sum;
    }
}
