using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels;

/// <summary>
/// Scratch memory of one compute thread, large enough for every task, so that a task allocates nothing.
/// </summary>
public sealed unsafe class Workspace : IDisposable
{
    private const int Floats =
        (TileGeometry.Rows * AttentionShape.WidthMax * 2)
        + (TileGeometry.Rows * TileGeometry.Keys)
        + (RowGroupMax * (TileGeometry.Keys + AttentionShape.WidthMax))
        + (4 * TileGeometry.Rows);

    /// <summary>Rows of the tallest microkernel.</summary>
    internal const int RowGroupMax = 12;

    private readonly NativeBuffer _buffer = new(ByteLength);

    /// <summary>Zeroed, so that rows which only pad a tile hold numbers.</summary>
    public Workspace() => _buffer.Clear();

    /// <summary>Bytes of a workspace.</summary>
    public static long ByteLength => sizeof(float) * (long)Floats;

    /// <summary>Scaled queries of the tile, <c>[Rows, Dk]</c>.</summary>
    internal float* Queries => _buffer.Floats;

    /// <summary>The accumulator of the tile, <c>[Rows, padded Dv]</c>.</summary>
    internal float* Accumulator => Queries + (TileGeometry.Rows * AttentionShape.WidthMax);

    /// <summary>Scores of the tile, then their weights: <c>[Rows, Keys]</c>.</summary>
    internal float* Scores => Accumulator + (TileGeometry.Rows * AttentionShape.WidthMax);

    /// <summary>One row's weights, alone in a row group.</summary>
    internal float* LoneWeights => Scores + (TileGeometry.Rows * TileGeometry.Keys);

    /// <summary>One row's accumulator, alone in a row group.</summary>
    internal float* LoneAccumulator => LoneWeights + (RowGroupMax * TileGeometry.Keys);

    /// <summary>Running maximum of each row.</summary>
    internal float* Max => LoneAccumulator + (RowGroupMax * AttentionShape.WidthMax);

    /// <summary>Running sum of each row.</summary>
    internal float* Sum => Max + TileGeometry.Rows;

    /// <summary>What the accumulator of each row is multiplied with before the tile is added.</summary>
    internal float* Rescale => Sum + TileGeometry.Rows;

    /// <summary>Ones: no rescaling.</summary>
    internal float* Ones => Rescale + TileGeometry.Rows;

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();
}
