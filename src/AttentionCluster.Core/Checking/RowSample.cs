namespace AttentionCluster.Core.Checking;

/// <summary>Which rows of a result are recomputed: the first, the last, and between them one of every stretch of equal length.</summary>
internal static class RowSample
{
    /// <summary>Rows over all heads, ascending; the same for the same numbers.</summary>
    /// <param name="rows">How many are wanted, at least 1.</param>
    /// <param name="total">How many there are.</param>
    internal static long[] Choose(int rows, long total)
    {
        if (rows >= total)
            return [.. LongRange(total)];
        long[] chosen = new long[rows];
        for (int i = 0; i < rows; i++)
        {
            long start = (long)((UInt128)i * (ulong)total / (ulong)rows);
            long end = (long)((UInt128)(i + 1) * (ulong)total / (ulong)rows);
            chosen[i] = start + (long)(Scramble((ulong)i) % (ulong)(end - start));
        }

        chosen[0] = 0;
        chosen[^1] = rows == 1 ? chosen[0] : total - 1;
        return chosen;
    }

    private static IEnumerable<long> LongRange(long count)
    {
        for (long i = 0; i < count; i++)
            yield return i;
    }

    /// <summary>The finaliser of SplitMix64: spreads small numbers over all 64 bits.</summary>
    private static ulong Scramble(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
