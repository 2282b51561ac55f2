using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using CsCheck;

namespace AttentionCluster.Core.Tests.Planning;

/// <summary>Partials are expressions here: a segment is its number, a merge is <c>(left+right)</c>.</summary>
public class MergeTreeTests
{
    private static readonly Gen<KeyRange> Ranges =
        from start in Gen.Int[0, 70]
        from count in Gen.Int[1, 70]
        select new KeyRange(start, start + count);

    /// <summary>Some segments of a range, ascending.</summary>
    private static readonly Gen<int[]> Sparse = Gen.Int[0, 70].ArrayUnique[1, 40].Select(segments => segments.Order().ToArray());

    [Fact]
    public void Any_order_of_arrival_gives_the_canonical_tree() => Gen.Select(Ranges, Gen.Int).Sample((segments, seed) =>
    {
        int[] tasks = [.. Enumerable.Range(segments.Start, segments.Count)];

        Assert.Equal(Canonical(tasks), MergeAll(new MergeTree(segments), Leaves(Shuffled(tasks, seed))));
    });

    [Fact]
    public void Segments_that_are_skipped_inside_of_a_block_drop_out_in_any_order_of_arrival() =>
        Gen.Select(Sparse, Gen.Int).Sample((tasks, seed) =>
        Assert.Equal(Canonical(tasks), MergeAll(new MergeTree(tasks), Leaves(Shuffled(tasks, seed)))));

    /// <summary>A task may be of a whole node, wherever in the tree it is.</summary>
    [Fact]
    public void Whole_nodes_give_the_same_tree_as_their_segments() => Gen.Select(Sparse, Gen.Int).Sample((tasks, seed) =>
    {
        var tree = new MergeTree(tasks);
        var random = new Random(seed);
        TreeNode[] nodes = [.. Cover(tree, tree.Root, random)];
        random.Shuffle(nodes);

        Assert.Equal(Canonical(tasks), MergeAll(tree, nodes));
    });

    [Fact]
    public void A_segment_that_arrives_again_changes_nothing() => Gen.Select(Ranges, Gen.Int).Sample((segments, seed) =>
    {
        int[] tasks = [.. Enumerable.Range(segments.Start, segments.Count)];
        int[] order = [.. Shuffled(tasks, seed), .. Shuffled(tasks, seed + 1)];
        new Random(seed).Shuffle(order);

        Assert.Equal(Canonical(tasks), MergeAll(new MergeTree(segments), Leaves(order)));
    });

    [Fact]
    public void A_node_of_which_a_part_was_added_changes_nothing()
    {
        var progress = new MergeProgress(new MergeTree(new KeyRange(0, 8)));
        progress.Add(TreeNode.Leaf(5));
        progress.Add(new TreeNode(1, 0));

        Assert.Empty(progress.Add(new TreeNode(1, 2)));
        Assert.Empty(progress.Add(TreeNode.Leaf(1)));
        Assert.Equal([new MergeStep(TreeNode.Leaf(4), TreeNode.Leaf(5), new TreeNode(1, 2))], progress.Add(TreeNode.Leaf(4)));
    }

    [Fact]
    public void The_tree_is_complete_with_the_last_segment_and_not_before() => Gen.Select(Ranges, Gen.Int).Sample((segments, seed) =>
    {
        var progress = new MergeProgress(new MergeTree(segments));
        int[] order = Shuffled([.. Enumerable.Range(segments.Start, segments.Count)], seed);
        foreach (int segment in order)
        {
            Assert.False(progress.IsComplete);
            progress.Add(TreeNode.Leaf(segment));
        }

        Assert.True(progress.IsComplete);
        Assert.Empty(progress.Add(TreeNode.Leaf(order[0])));
    });

    [Fact]
    public void Whole_subtrees_of_a_context_stay_as_it_grows() =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[0, 70], Gen.Int).Sample((count, more, seed) =>
    {
        string expression = MergeRange(0, count + more, seed);

        for (int start = 0; start < count;)
        {
            int size = LargestNode(start, count);
            Assert.Contains(MergeRange(start, start + size, seed), expression, StringComparison.Ordinal);
            start += size;
        }
    });

    [Fact]
    public void Skipped_segments_drop_out_and_leave_the_rest_where_it_was()
    {
        Assert.Equal("(((0+1)+(2+3))+(4+5))", MergeAll(new MergeTree(new KeyRange(0, 6)), Leaves([5, 3, 1, 0, 2, 4])));
        Assert.Equal("((1+(2+3))+4)", MergeAll(new MergeTree(new KeyRange(1, 5)), Leaves([4, 2, 1, 3])));
        Assert.Equal("(3+4)", MergeAll(new MergeTree(new KeyRange(3, 5)), Leaves([4, 3])));
        Assert.Equal("7", MergeAll(new MergeTree(new KeyRange(7, 8)), Leaves([7])));
    }

    [Fact]
    public void Segment_numbers_may_reach_the_end_of_the_integers()
    {
        int[] tasks = [int.MaxValue - 3, int.MaxValue - 2, int.MaxValue - 1];

        Assert.Equal(Canonical(tasks), MergeAll(new MergeTree(new KeyRange(tasks[0], tasks[^1] + 1)), Leaves(tasks)));
    }

    [Fact]
    public void What_is_no_part_of_the_tree_is_an_error()
    {
        var progress = new MergeProgress(new MergeTree([2, 4]));

        foreach (TreeNode node in new TreeNode[] { new(0, 1), new(0, 3), new(0, 5), new(-1, 2), new(3, 1), new(4, 0), new(100, 0) })
            Assert.Throws<ArgumentOutOfRangeException>(() => progress.Add(node));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MergeTree(new KeyRange(4, 4)));
    }

    [Fact]
    public void Nodes_cover_aligned_segments()
    {
        var node = new TreeNode(2, 5);

        Assert.Equal((20, 24, "20..23"), (node.FirstSegment, node.EndSegment, node.ToString()));
        Assert.Equal((new TreeNode(3, 2), new TreeNode(2, 4)), (node.Parent, node.Sibling));
        Assert.Equal((node, node), (node.LeftChild.Parent, node.RightChild.Parent));
        Assert.True(node.Covers(TreeNode.Leaf(23)) && node.Covers(node) && !node.Covers(TreeNode.Leaf(24)) && !node.Covers(node.Parent));
    }

    private static string MergeRange(int start, int end, int seed) =>
        MergeAll(new MergeTree(new KeyRange(start, end)), Leaves(Shuffled([.. Enumerable.Range(start, end - start)], seed)));

    private static string MergeAll(MergeTree tree, TreeNode[] order)
    {
        var progress = new MergeProgress(tree);
        var partials = new Dictionary<TreeNode, string>();
        foreach (TreeNode node in order.Distinct())
        {
            // What the worker of a node computes is what merging its segments gives.
            partials.Add(tree.Lowest(node), Canonical(node, segment => !tree.IsSkipped(TreeNode.Leaf(segment)))!);
            Merge(progress.Add(node), partials);
        }

        Assert.All(order, node => Assert.Empty(progress.Add(node)));
        Assert.True(progress.IsComplete);
        return Assert.Contains(tree.Root, Assert.Single(partials).Key == tree.Root ? partials : []);
    }

    private static void Merge(IReadOnlyList<MergeStep> steps, Dictionary<TreeNode, string> partials)
    {
        foreach (MergeStep step in steps)
        {
            Assert.True(partials.Remove(step.Left, out string? left));
            Assert.True(partials.Remove(step.Right, out string? right));
            partials.Add(step.Parent, $"({left}+{right})");
        }
    }

    /// <summary>Nodes that cover all segments of a node once.</summary>
    private static IEnumerable<TreeNode> Cover(MergeTree tree, TreeNode node, Random random) =>
        tree.IsSkipped(node) ? [] :
        node.Level == 0 || random.Next(3) == 0 ? [node] :
        [.. Cover(tree, node.LeftChild, random), .. Cover(tree, node.RightChild, random)];

    private static string Canonical(int[] tasks)
    {
        var segments = tasks.ToHashSet();
        int level = 0;
        while (tasks[0] >> level != tasks[^1] >> level)
            level++;
        return Canonical(new TreeNode(level, tasks[0] >> level), segments.Contains)!;
    }

    /// <summary>A node is an aligned range of 2^level segments: its halves merged, or the one that is not skipped.</summary>
    private static string? Canonical(TreeNode node, Predicate<int> hasTask)
    {
        if (node.Level == 0)
            return hasTask(node.Index) ? $"{node.Index}" : null;
        string? left = Canonical(node.LeftChild, hasTask);
        string? right = Canonical(node.RightChild, hasTask);
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

    private static TreeNode[] Leaves(int[] segments) => [.. segments.Select(TreeNode.Leaf)];

    private static int[] Shuffled(int[] segments, int seed)
    {
        int[] order = [.. segments];
        new Random(seed).Shuffle(order);
        return order;
    }
}
