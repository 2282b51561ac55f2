using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;

namespace AttentionCluster.Core.Planning;

/// <summary>
/// How many cells of keys (segments, or tiles) runs of query rows see, without going through them: a run's keys begin and end at numbers
/// that grow with the run, up to bounds, so the runs fall into few stretches on which each bound is a constant or a line. Sinks are a
/// second range, from key 0 on.
/// </summary>
internal readonly struct CellsSeen
{
    private readonly KeyCells _cells;
    private readonly BandMask _band;
    private readonly long _sinkUpper;
    private readonly long _keysEnd;
    private readonly long _sinks;

    /// <summary>Of some keys.</summary>
    /// <param name="mask">What rows see; its pattern is not looked at.</param>
    /// <param name="keys">The keys that count, which begin with a segment.</param>
    /// <param name="cells">How they are cut.</param>
    internal CellsSeen(in TaskMask mask, KeyRange keys, KeyCells cells)
    {
        _cells = cells;
        _band = new BandMask(mask.Band.Lower - keys.Start, mask.Band.Upper - keys.Start);
        _sinkUpper = mask.SinkUpper - keys.Start;
        _keysEnd = Math.Max(0, (long)Math.Min(mask.KeysEnd, keys.End) - keys.Start);
        _sinks = Math.Clamp((long)mask.Sinks - keys.Start, 0, _keysEnd);
    }

    /// <summary>The sum over some runs of rows.</summary>
    /// <param name="runs">Runs; 0 for none.</param>
    /// <param name="firstRow">The first row of the first run.</param>
    /// <param name="step">Rows from the start of one run to that of the next.</param>
    /// <param name="rows">Rows of each.</param>
    internal long Count(long runs, long firstRow, long step, long rows)
    {
        long start = firstRow + _band.Lower, end = firstRow + rows + _band.Upper, sinkEnd = firstRow + rows + _sinkUpper;
        if (runs <= 0)
            return 0;

        // No run's band ends behind what its sinks may reach, so before the first band that ends behind the sinks, and after the last one,
        // sinks are all.
        long bandsFrom = _band.Upper < _band.Lower || _sinks == _keysEnd ? runs : FirstAbove(_sinks, end, step, runs);
        long bandsEnd = Math.Max(bandsFrom, FirstAbove(_keysEnd - 1, start, step, runs));
        long seen = CountOfFirst(0, bandsFrom, sinkEnd, step, _sinks) + CountOfFirst(bandsEnd, runs, sinkEnd, step, _sinks);

        // From there on a run sees all sinks, and its band's cells but those that sinks have seen: what lies between both is seen by
        // nobody.
        long sinkCells = _cells.CountOfFirst(_sinks);
        seen += CountOfFirst(bandsFrom, bandsEnd, end, step, _keysEnd);
        long gapsFrom = Math.Max(bandsFrom, FirstAbove(_cells.FirstKeyOf(sinkCells) - 1, start, step, runs));
        if (gapsFrom < bandsEnd)
            seen -= _cells.Sum(bandsEnd - gapsFrom, start + (step * gapsFrom), step) - ((bandsEnd - gapsFrom) * sinkCells);
        return seen;
    }

    /// <summary>The cells of the first <c>clamp(keys + step x, 0, bound)</c> keys, summed over some <c>x</c>.</summary>
    private long CountOfFirst(long from, long end, long keys, long step, long bound)
    {
        if (from >= end || bound == 0)
            return 0;
        long some = Math.Max(from, FirstAbove(0, keys, step, end)), all = Math.Max(some, FirstAbove(bound - 1, keys, step, end));
        return (all - some) + _cells.Sum(all - some, keys + (step * some) - 1, step) + ((end - all) * _cells.CountOfFirst(bound));
    }

    /// <summary>The first <c>x</c> with <c>first + step x &gt; bound</c>, from 0 to <paramref name="end"/>.</summary>
    private static long FirstAbove(long bound, long first, long step, long end) => first > bound ? 0
        : Math.Min(end, ((bound - first) / step) + 1);
}
