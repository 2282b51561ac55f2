using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Kernels.Packing;

/// <summary>
/// Columns of V that one microkernel call covers: 4, 3, 2 or 1 vectors of 16. A single one is avoided where blocks can be wider: as one
/// vector of 512 bits it leaves the multiply-add pipelines half empty, so 5 are 3 + 2, not 4 + 1.
/// </summary>
internal readonly record struct ColumnBlock(int FirstColumn, int Columns)
{
    private const int Vector = TileGeometry.FoldLanes;

    /// <summary>Splits a width that is a multiple of 16 into blocks of 16 columns, or of up to 64.</summary>
    internal static ColumnBlock[] Split(int width, int columnsMax)
    {
        var blocks = new List<ColumnBlock>();
        int at = 0;
        for (int left = width / Vector; left > 0;)
        {
            int vectors = left switch
            {
                5 or 6 or 9 when columnsMax > 3 * Vector => 3,
                _ => Math.Min(left, columnsMax / Vector),
            };
            blocks.Add(new ColumnBlock(at, vectors * Vector));
            at += vectors * Vector;
            left -= vectors;
        }

        return [.. blocks];
    }
}
