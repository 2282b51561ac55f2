namespace AttentionCluster.Core.Attention;

/// <summary>
/// The kernel's tile: how many query rows of one head meet how many keys at a time. The same for every kernel path and
/// every machine, because it is part of the plan (keys are always walked in tiles of this size, which fixes the bits).
/// </summary>
internal static class TileGeometry
{
    /// <summary>
    /// Query rows: a multiple of every row group of the microkernels (6, 8, 12), and few enough that their scores against
    /// <see cref="Keys"/> keys (384 KiB) stay in a level-2 cache of 1 MiB beside the key tile. A kernel may take half of them at a time: no
    /// bit of a row depends on which other rows are with it.
    /// </summary>
    public const int Rows = 192;

    /// <summary>Keys: long enough that rescaling the accumulator is a small part, short enough for the cache.</summary>
    public const int Keys = 512;

    /// <summary>
    /// Lanes over which a kernel folds a sum, whatever the width of the machine's vectors: rows of scores and columns of V are padded to
    /// whole multiples, and the order of additions follows from it. Part of the bit contract.
    /// </summary>
    internal const int FoldLanes = 16;

    /// <summary>The most keys of one panel of packed K; mask rows are padded to it at a worker.</summary>
    internal const int PanelKeys = 64;

    /// <summary>Columns of V rounded up to whole <see cref="FoldLanes"/>.</summary>
    internal static int PadColumns(int columns) => (columns + FoldLanes - 1) & -FoldLanes;

    /// <summary>Keys rounded up to whole <see cref="PanelKeys"/>.</summary>
    internal static int PadKeys(int keys) => (keys + PanelKeys - 1) & -PanelKeys;
}
