using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels;

/// <summary>
/// Scratch memory of one compute thread, large enough for every task, so that a task allocates nothing.
/// </summary>
internal sealed unsafe class Workspace : IDisposable
{
    /// <summary>64 keys of at most 576 dimensions, or 512 keys of at most 64 columns.</summary>
    private const int WidenedFloats = PackedSegment.PanelKeysMax * AttentionShape.WidthMax;

    /// <summary>For each row of a tile two doubles, two floats and a flag.</summary>
    internal const int ShiftBytes = TileGeometry.Rows * ((2 * sizeof(double)) + (2 * sizeof(float)) + sizeof(bool));

    private const int Floats =
        (TileGeometry.Rows * AttentionShape.WidthMax * 2)
        + (TileGeometry.Rows * TileGeometry.Keys)
        + (2 * WidenedFloats)
        + TileGeometry.Keys
        + (4 * TileGeometry.Rows)
        + (TileVisibility.ByteLength / sizeof(float))
        + (ShiftBytes / sizeof(float));

    /// <summary>Rows are padded to a multiple of every row group: 6, 8 and 12.</summary>
    internal const int RowsMultiple = 24;

    private readonly NativeBuffer _buffer = new(ByteLength);

    /// <summary>Zeroed, so that rows which only pad a tile hold numbers.</summary>
    public Workspace() => _buffer.Clear();

    /// <summary>
    /// Bytes of a workspace: whole huge pages. In small ones, scattered over physical memory, scores and key tile evict one another
    /// from the level-2 cache in some processes and not in others.
    /// </summary>
    public static long ByteLength => NativeBuffer.WholeHugePages(sizeof(float) * (long)Floats);

    /// <summary>Queries of the tile, <c>[Rows, Dk]</c>.</summary>
    internal float* Queries => _buffer.Floats;

    /// <summary>The accumulator of the tile, <c>[Rows, padded Dv]</c>.</summary>
    internal float* Accumulator => Queries + (TileGeometry.Rows * AttentionShape.WidthMax);

    /// <summary>Products of queries and keys of the tile, before their scale, then their weights: <c>[Rows, Keys]</c>.</summary>
    internal float* Scores => Accumulator + (TileGeometry.Rows * AttentionShape.WidthMax);

    /// <summary>A panel of K, or the column block of a tile of V, that is stored in 16 bits.</summary>
    internal float* Widened => Scores + (TileGeometry.Rows * TileGeometry.Keys);

    /// <summary>The values of one row's visible keys, brought together: a column block of a tile of V at most.</summary>
    internal float* SeenValues => NewMax + TileGeometry.Rows + (TileVisibility.ByteLength / sizeof(float));

    /// <summary>Their weights.</summary>
    internal float* SeenWeights => SeenValues + WidenedFloats;

    /// <summary>Running maximum of each row's products.</summary>
    internal float* Max => Widened + WidenedFloats;

    /// <summary>The maximum that each row will have after the key tile.</summary>
    internal float* NewMax => Rescale + TileGeometry.Rows;

    /// <summary>Running sum of each row.</summary>
    internal float* Sum => Max + TileGeometry.Rows;

    /// <summary>What the accumulator of each row is multiplied with before the tile is added.</summary>
    internal float* Rescale => Sum + TileGeometry.Rows;

    /// <summary>What the rows of the tile see of a key tile.</summary>
    internal TileVisibility Visibility => new((byte*)(NewMax + TileGeometry.Rows));

    /// <summary>What is taken off the scores of the tile's rows: <see cref="ShiftBytes"/> bytes.</summary>
    internal byte* Shifts => (byte*)(SeenWeights + TileGeometry.Keys);

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();
}
