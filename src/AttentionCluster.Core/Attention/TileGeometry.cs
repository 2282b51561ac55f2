namespace AttentionCluster.Core.Attention;

/// <summary>
/// The kernel's tile: how many query rows of one head meet how many keys at a time. The same for every kernel path and
/// every machine, because it is part of the plan (keys are always walked in tiles of this size, which fixes the bits).
/// </summary>
public static class TileGeometry
{
    /// <summary>
    /// Query rows: a multiple of every row group of the microkernels (6, 8, 12), and few enough that their scores against
    /// <see cref="Keys"/> keys (384 KiB) stay in a level-2 cache of 1 MiB beside the key tile. A kernel may take half of them at a time: no bit of a row
    /// depends on which other rows are with it.
    /// </summary>
    public const int Rows = 192;

    /// <summary>Keys: long enough that rescaling the accumulator is a small part, short enough for the cache.</summary>
    public const int Keys = 512;
}
