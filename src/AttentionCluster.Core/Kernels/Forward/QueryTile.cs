using System.Runtime.CompilerServices;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;

namespace AttentionCluster.Core.Kernels.Forward;

/// <summary>
/// The query rows that a kernel works on together: a run of one head's rows, or all rows of several heads when they are few. Rows
/// are numbered within the tile, heads after one another.
/// </summary>
internal readonly unsafe struct QueryTile
{
    /// <summary>
    /// The first key that row 0 sees, and the one behind the last, counted from the segment's first key and not cut to its keys.
    /// </summary>
    private readonly long _start, _end;

    /// <summary>Behind the last key that anybody sees.</summary>
    private readonly int _keys;
    private readonly int _firstRowOfHead;
    private readonly int _rowsPerHead;
    private readonly bool _isPlain;
    private readonly bool _usesVisibility;
    private readonly TileVisibility _visibility;

    /// <summary>Rows of some heads of a task.</summary>
    /// <param name="task">Whose rows.</param>
    /// <param name="head">The first head.</param>
    /// <param name="heads">More than one only if a head's rows fit a tile, and <paramref name="row"/> is 0.</param>
    /// <param name="row">The first row of each head.</param>
    /// <param name="tileRows">Rows of a tile, at most.</param>
    internal QueryTile(in KernelTask task, int head, int heads, int row, int tileRows)
    {
        (_start, _end, _keys) = task.Edges(row);
        _firstRowOfHead = row;
        _rowsPerHead = Math.Min(tileRows, task.Rows - row);
        _isPlain = heads == 1;
        Rows = heads * _rowsPerHead;
        FirstRow = (head * task.Rows) + row;
    }

    private QueryTile(in QueryTile tile, TileVisibility visibility)
    {
        this = tile;
        (_visibility, _usesVisibility, _isPlain) = (visibility, true, false);
    }

    /// <summary>Rows of the tile.</summary>
    internal int Rows { get; }

    /// <summary>Whether what rows see was looked up key by key.</summary>
    internal bool UsesVisibility => _usesVisibility;

    /// <summary>What was found then.</summary>
    internal TileVisibility Visibility => _visibility;

    /// <summary>The tile's first row among all rows of the task, heads after one another.</summary>
    internal int FirstRow { get; }

    /// <summary>The same tile, whose rows see what is found key by key.</summary>
    internal QueryTile WithVisibility(TileVisibility visibility) => new(this, visibility);

    /// <summary>Looks up what the rows see of a key tile.</summary>
    /// <returns>Whether a row sees a key.</returns>
    internal bool EvaluateVisibility(in KernelTask task, int firstKey)
    {
        bool isAnySeen = false;
        for (int row = 0; row < Rows; row += _rowsPerHead)
            isAnySeen |= task.Evaluate(_visibility, (FirstRow + row) / task.Rows, _firstRowOfHead, _rowsPerHead, firstKey, row);
        return isAnySeen;
    }

    /// <summary>A range of the segment's keys that holds all that the tile's rows see.</summary>
    internal KeyRange Visible(in KernelTask task) => task.VisibleToAny(_firstRowOfHead, _firstRowOfHead + _rowsPerHead);

    /// <summary>
    /// The keys of a key tile, counted from its first one, from the first to the last that one of several rows sees; more where the rows
    /// belong to several heads.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal KeyRange SeenInTile(int row, int endRow, int firstKey) =>
        _isPlain ? SeenInBand(row, endRow, firstKey) : SeenOtherwise(row, endRow, firstKey);

    /// <summary>No clamping that checks its bounds: this is asked for every row group of every tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private KeyRange SeenInBand(int row, int endRow, int firstKey)
    {
        int last = Math.Max(Math.Min(_keys - firstKey, TileGeometry.Keys), 0);
        return new KeyRange((int)Math.Min(Math.Max(_start + row - firstKey, 0), last),
            (int)Math.Min(Math.Max(_end + endRow - firstKey, 0), last));
    }

    /// <summary>Apart, so that the usual way is small enough to be part of every loop.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private KeyRange SeenOtherwise(int row, int endRow, int firstKey)
    {
        if (_usesVisibility)
            return Union(row, endRow);
        int rows = endRow - row;
        row %= _rowsPerHead;
        (row, endRow) = row + rows <= _rowsPerHead ? (row, row + rows) : (0, _rowsPerHead);
        return SeenInBand(row, endRow, firstKey);
    }

    private KeyRange Union(int row, int endRow)
    {
        KeyRange union = _visibility.Seen[row];
        while (++row < endRow)
        {
            KeyRange seen = _visibility.Seen[row];
            union = union.IsEmpty ? seen : seen.IsEmpty ? union
                : new KeyRange(Math.Min(union.Start, seen.Start), Math.Max(union.End, seen.End));
        }

        return union;
    }
}
