using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using CsCheck;

namespace AttentionCluster.Core.Tests.Planning;

/// <summary>Partials are expressions here: a segment is its number, a merge is <c>(into+from)</c>.</summary>
public class MergeTreeTests
{
    private static readonly Gen<KeyRange> Ranges =
        from start in Gen.Int[0, 70]
        from count in Gen.Int[1, 70]
        select new KeyRange(start, start + count);

    [Fact]
    public void Any_order_of_arrival_gives_the_canonical_tree() => Gen.Select(Ranges, Gen.Int).Sample((segments, seed) =>
    {
        int[] order = Shuffled(segments, seed);

        Assert.Equal(Canonical(segments), MergeAll(segments, order));
    });

    [Fact]
    public void A_segment_that_arrives_again_changes_nothing() => Gen.Select(Ranges, Gen.Int).Sample((segments, seed) =>
    {
        int[] order = [.. Shuffled(segments, seed), .. Shuffled(segments, seed + 1)];
        new Random(seed).Shuffle(order);

        Assert.Equal(Canonical(segments), MergeAll(segments, order));
    });

    [Fact]
    public void The_tree_is_complete_with_the_last_segment_and_not_before() => Gen.Select(Ranges, Gen.Int).Sample((segments, seed) =>
    {
        var tree = new MergeTree(segments);
        int[] order = Shuffled(segments, seed);
        foreach (int segment in order)
        {
            Assert.False(tree.IsComplete);
            tree.Add(segment);
        }

        Assert.True(tree.IsComplete);
        Assert.Empty(tree.Add(order[0]));
    });

    [Fact]
    public void Whole_subtrees_of_a_context_stay_as_it_grows() => Gen.Select(Gen.Int[1, 70], Gen.Int[0, 70], Gen.Int).Sample((count, more, seed) =>
    {
        var grown = new KeyRange(0, count + more);
        string expression = MergeAll(grown, Shuffled(grown, seed));

        for (int start = 0; start < count;)
        {
            int size = LargestNode(start, count);
            var node = new KeyRange(start, start + size);
            Assert.Contains(MergeAll(node, Shuffled(node, seed)), expression, StringComparison.Ordinal);
            start += size;
        }
    });

    [Fact]
    public void Skipped_segments_drop_out_and_leave_the_rest_where_it_was()
    {
        Assert.Equal("(((0+1)+(2+3))+(4+5))", MergeAll(new KeyRange(0, 6), [5, 3, 1, 0, 2, 4]));
        Assert.Equal("((1+(2+3))+4)", MergeAll(new KeyRange(1, 5), [4, 2, 1, 3]));
        Assert.Equal("(3+4)", MergeAll(new KeyRange(3, 5), [4, 3]));
        Assert.Equal("7", MergeAll(new KeyRange(7, 8), [7]));
    }

    [Fact]
    public void Segment_numbers_may_reach_the_end_of_the_integers()
    {
        var segments = new KeyRange(int.MaxValue - 3, int.MaxValue);

        Assert.Equal(Canonical(segments), MergeAll(segments, Shuffled(segments, seed: 1)));
    }

    [Fact]
    public void A_segment_outside_of_the_block_is_an_error()
    {
        var tree = new MergeTree(new KeyRange(2, 5));

        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Add(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Add(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MergeTree(new KeyRange(4, 4)));
    }

    private static string MergeAll(KeyRange segments, int[] order)
    {
        var tree = new MergeTree(segments);
        var partials = new Dictionary<int, string>();
        var arrived = new HashSet<int>();
        foreach (int segment in order)
        {
            if (arrived.Add(segment))
                partials.Add(segment, $"{segment}");
            foreach (MergeStep step in tree.Add(segment))
            {
                Assert.True(partials.Remove(step.From, out string? from));
                partials[step.Into] = $"({partials[step.Into]}+{from})";
            }
        }

        Assert.True(tree.IsComplete);
        return Assert.Contains(segments.Start, Assert.Single(partials).Key == segments.Start ? partials : []);
    }

    /// <summary>A node is an aligned range of 2^level segments: its halves merged, or the one that is not skipped.</summary>
    private static string Canonical(KeyRange segments) => Canonical(segments, level: 31, index: 0)!;

    private static string? Canonical(KeyRange segments, int level, long index)
    {
        if ((index + 1) << level <= segments.Start || index << level >= segments.End)
            return null;
        if (level == 0)
            return $"{index}";
        string? left = Canonical(segments, level - 1, 2 * index);
        string? right = Canonical(segments, level - 1, (2 * index) + 1);
        return left is null ? right : right is null ? left : $"({left}+{right})";
    }

    /// <summary>The largest power of two that divides <paramref name="start"/> and still ends within the context.</summary>
    private static int LargestNode(int start, int count)
    {
        int size = 1;
        while (start % (2 * size) == 0 && start + (2 * size) <= count)
            size *= 2;
        return size;
    }

    private static int[] Shuffled(KeyRange segments, int seed)
    {
        int[] order = [.. Enumerable.Range(segments.Start, segments.Count)];
        new Random(seed).Shuffle(order);
        return order;
    }
}
