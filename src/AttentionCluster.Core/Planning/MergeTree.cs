using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Planning;

/// <summary>
/// The canonical merge tree of one query block. A node covers an aligned range of segments (<see cref="TreeNode"/>); so the tree follows
/// from segment numbers alone, and stays the same when a context grows. Partials join only with their sibling, in whatever order they
/// arrive: hence the same bits.
/// </summary>
/// <remarks>
/// A segment that the plan skips is the empty partial, the identity of merging: a node whose sibling is skipped whole moves up as it is.
/// Both nodes then have one partial, which goes by the lower of them (<see cref="Lowest"/>).
/// </remarks>
internal sealed class MergeTree
{
    private readonly KeyRange _segments;
    private readonly int[]? _tasks;

    /// <summary>A tree over the segments of a block.</summary>
    /// <param name="segments">The segments that have a task: a range of segment numbers, not empty.</param>
    public MergeTree(KeyRange segments)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(segments.Count, 1, nameof(segments));
        _segments = segments;
        int levels = 0;
        while ((segments.Start >> levels) != ((segments.End - 1) >> levels))
            levels++;
        Root = new TreeNode(levels, segments.Start >> levels);
    }

    /// <summary>A tree over segments of a block that need not follow one another.</summary>
    /// <param name="segments">The segments that have a task, ascending; not empty.</param>
    public MergeTree(IReadOnlyList<int> segments)
        : this(new KeyRange(segments[0], segments[^1] + 1)) => _tasks = [.. segments];

    /// <summary>The lowest node that covers all segments: its partial is the block's.</summary>
    public TreeNode Root { get; }

    /// <summary>Levels above the leaves of a tree over so many segments.</summary>
    public static int LevelsOf(int segments) => (int)Math.Ceiling(Math.Log2(Math.Max(1, segments)));

    /// <summary>Whether a node is below the root, or the root, and covers a segment that has a task.</summary>
    public bool Contains(TreeNode node) => node.Level >= 0 && Root.Covers(node) && !IsSkipped(node);

    /// <summary>Whether none of a node's segments has a task.</summary>
    public bool IsSkipped(TreeNode node)
    {
        if (node.EndSegment <= _segments.Start || node.FirstSegment >= _segments.End)
            return true;
        if (_tasks is null)
            return false;
        int at = Array.BinarySearch(_tasks, (int)node.FirstSegment);
        at = at < 0 ? ~at : at;
        return at == _tasks.Length || _tasks[at] >= node.EndSegment;
    }

    /// <summary>The lowest node that covers the same segments with a task.</summary>
    /// <param name="node">A node that is not skipped.</param>
    public TreeNode Lowest(TreeNode node)
    {
        while (node.Level > 0)
        {
            if (IsSkipped(node.RightChild))
                node = node.LeftChild;
            else if (IsSkipped(node.LeftChild))
                node = node.RightChild;
            else
                break;
        }

        return node;
    }

    /// <summary>The merges that the partial of a node makes possible, in the order in which they must be done.</summary>
    /// <param name="node">The node whose partial has come: the lowest of those with the same segments.</param>
    /// <param name="waiting">Nodes whose partial waits for its sibling.</param>
    public IReadOnlyList<MergeStep> StepsFor(TreeNode node, IReadOnlySet<TreeNode> waiting)
    {
        var steps = new List<MergeStep>();
        for (TreeNode at = node; at.Level < Root.Level; at = at.Parent)
        {
            if (IsSkipped(at.Sibling))
                continue;
            TreeNode other = Lowest(at.Sibling);
            if (!waiting.Contains(other))
                break;
            bool isLeft = node.FirstSegment < other.FirstSegment;
            steps.Add(isLeft ? new MergeStep(node, other, at.Parent) : new MergeStep(other, node, at.Parent));
            node = at.Parent;
        }

        return steps;
    }
}
