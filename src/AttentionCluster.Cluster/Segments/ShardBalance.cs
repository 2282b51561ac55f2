namespace AttentionCluster.Cluster.Segments;

/// <summary>
/// Where shards belong, by what they weigh and what the workers can do: a pure function. A region's load is the time that its shards would
/// take its threads; memory comes first, because segments that don't fit are loaded again and again.
/// </summary>
internal static class ShardBalance
{
    /// <summary>
    /// A shard moves only when that shortens the longest load by more than so much of it: moving costs a load from the store.
    /// </summary>
    private const double GainMin = 0.2;

    /// <summary>What a shard weighs of which nobody has said: little, but not nothing, so that many of them spread.</summary>
    private static readonly SegmentLoad s_unknown = new(1, 0);

    /// <summary>The region for one more shard.</summary>
    /// <param name="regions">At least one.</param>
    /// <param name="load">The shard's.</param>
    internal static RegionLoad Choose(IReadOnlyCollection<RegionLoad> regions, SegmentLoad? load)
    {
        SegmentLoad added = load ?? s_unknown;
        return regions
            .OrderBy(region => region.Load.Bytes + added.Bytes > region.BytesMax)
            .ThenBy(region => (region.Load.Flops + added.Flops) / region.Threads)
            .ThenBy(region => region.Name, StringComparer.Ordinal)
            .First();
    }

    /// <summary>What a region has.</summary>
    /// <param name="shards">Its shards.</param>
    /// <param name="loads">The loads of those of which somebody has said.</param>
    internal static SegmentLoad Sum(IEnumerable<string> shards, IReadOnlyDictionary<string, SegmentLoad> loads) =>
        shards.Aggregate(default(SegmentLoad), (sum, shard) => sum + (loads.TryGetValue(shard, out SegmentLoad load) ? load : s_unknown));

    /// <summary>Shards that should move.</summary>
    /// <param name="regions">All regions with their shards.</param>
    /// <param name="loads">The loads of shards of which somebody has said; others stay.</param>
    /// <param name="shardsMax">At most so many.</param>
    internal static IReadOnlyList<string> Move(
        IReadOnlyCollection<(RegionLoad Region, IReadOnlyList<string> Shards)> regions, IReadOnlyDictionary<string, SegmentLoad> loads,
            int shardsMax)
    {
        var moved = new List<string>();
        var now = regions.ToDictionary(entry => entry.Region.Name, entry => entry.Region, StringComparer.Ordinal);
        while (moved.Count < shardsMax)
        {
            RegionLoad longest = now.Values.MaxBy(region => region.Time)!;
            var candidates =
                from shard in regions.First(entry => entry.Region.Name == longest.Name).Shards
                where loads.ContainsKey(shard) && !moved.Contains(shard)
                let target = Choose([.. now.Values.Where(region => region.Name != longest.Name)], loads[shard])
                let after = Math.Max((longest.Load.Flops - loads[shard].Flops) / longest.Threads,
                    (target.Load.Flops + loads[shard].Flops) / target.Threads)
                where after < (1 - GainMin) * longest.Time && target.Load.Bytes + loads[shard].Bytes <= target.BytesMax
                orderby after, shard
                select (shard, target);
            if (now.Count < 2 || candidates.FirstOrDefault() is not { shard: { } best } move)
                break;
            moved.Add(best);
            now[longest.Name] = longest with { Load = longest.Load - loads[best] };
            now[move.target.Name] = move.target with { Load = move.target.Load + loads[best] };
        }

        return moved;
    }
}
