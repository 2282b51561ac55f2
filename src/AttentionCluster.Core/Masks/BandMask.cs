using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// Which keys a query row sees: key <c>j</c> is visible to row <c>i</c> when <c>Lower &lt;= j - i &lt;= Upper</c>. Full, causal and
/// sliding-window attention are all bands; skipping, masking inside a tile and work weights derive from this one description.
/// </summary>
/// <param name="Lower">The leftmost visible key, relative to the row.</param>
/// <param name="Upper">The rightmost visible key, relative to the row.</param>
internal readonly record struct BandMask(long Lower, long Upper)
{
    /// <summary>A bound so far out that no row or key reaches it, and sums with it don't overflow.</summary>
    public const long Open = 1L << 40;

    /// <summary>Every key is visible to every row.</summary>
    public static BandMask Full => new(-Open, Open);

    /// <summary>The keys, of the first <paramref name="keys"/>, that row <paramref name="row"/> sees.</summary>
    public KeyRange VisibleTo(long row, int keys) => VisibleToAny(row, row + 1, keys);

    /// <summary>
    /// The keys that at least one of the rows <paramref name="firstRow"/> up to, but without, <paramref name="endRow"/> sees. Exact: the
    /// ranges of neighbouring rows touch, so their union has no hole.
    /// </summary>
    public KeyRange VisibleToAny(long firstRow, long endRow, int keys) =>
        Upper < Lower ? default : new KeyRange(Clamp(firstRow + Lower, keys), Clamp(endRow + Upper, keys));

    /// <summary>
    /// Visible pairs of the rows <paramref name="firstRow"/> up to, but without, <paramref name="endRow"/> with the keys of
    /// <paramref name="range"/>, in constant time.
    /// </summary>
    public long CountVisible(int firstRow, int endRow, KeyRange range) =>
        Upper < Lower || range.IsEmpty
            ? 0
            : SumClamped(firstRow + Upper + 1, endRow - firstRow, range) - SumClamped(firstRow + Lower, endRow - firstRow, range);

    private static int Clamp(long key, int keys) => (int)Math.Clamp(key, 0, keys);

    /// <summary>The sum of <c>clamp(first + t, range.Start, range.End)</c> over <c>t</c> from 0 to <paramref name="count"/> - 1.</summary>
    private static long SumClamped(long first, int count, KeyRange range)
    {
        long below = Math.Clamp(range.Start - first, 0, count);
        long inside = Math.Clamp(range.End - first, 0, count) - below;
        long above = count - below - inside;
        long firstInside = first + below;
        return (below * range.Start) + (inside * firstInside) + (inside * (inside - 1) / 2) + (above * range.End);
    }
}
