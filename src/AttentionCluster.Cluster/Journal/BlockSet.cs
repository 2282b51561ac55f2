using System.Collections.Immutable;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Journal;

/// <summary>
/// A set of blocks as the ranges that it consists of: those of a job become few, because blocks are begun in their order.
/// </summary>
/// <param name="Ranges">In order, with a gap after each.</param>
internal sealed record BlockSet(ImmutableArray<(int First, int End)> Ranges)
{
    internal static BlockSet Empty { get; } = new([]);

    internal int Count => Ranges.Sum(range => range.End - range.First);

    internal IEnumerable<int> Blocks => Ranges.SelectMany(range => Enumerable.Range(range.First, range.End - range.First));

    internal static BlockSet Of(IEnumerable<int> blocks)
    {
        var ranges = ImmutableArray.CreateBuilder<(int First, int End)>();
        foreach (int block in blocks.Order().Distinct())
        {
            if (ranges.Count > 0 && ranges[^1].End == block)
                ranges[^1] = (ranges[^1].First, block + 1);
            else
                ranges.Add((block, block + 1));
        }

        return new BlockSet(ranges.ToImmutable());
    }

    internal static BlockSet Of(IEnumerable<BlockRange> ranges) => Of(ranges.Select(range => (range.First, range.End)));

    internal BlockSet Union(BlockSet other) => Of(Ranges.Concat(other.Ranges));

    internal IEnumerable<BlockRange> ToMessages() => Ranges.Select(range => new BlockRange { First = range.First, End = range.End });

    private static BlockSet Of(IEnumerable<(int First, int End)> ranges)
    {
        var joined = ImmutableArray.CreateBuilder<(int First, int End)>();
        foreach ((int first, int end) in ranges.Where(range => range.First < range.End).Order())
        {
            if (joined.Count > 0 && joined[^1].End >= first)
                joined[^1] = (joined[^1].First, Math.Max(joined[^1].End, end));
            else
                joined.Add((first, end));
        }

        return new BlockSet(joined.ToImmutable());
    }
}
