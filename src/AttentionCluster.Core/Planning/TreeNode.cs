namespace AttentionCluster.Core.Planning;

/// <summary>
/// A node of the merge tree: it covers the segments from <c>Index * 2^Level</c> up to <c>(Index + 1) * 2^Level</c>. A leaf, of level 0,
/// is one segment.
/// </summary>
/// <param name="Level">Levels above the leaves; at least 0.</param>
/// <param name="Index">The number of the node in its level.</param>
internal readonly record struct TreeNode(int Level, int Index)
{
    /// <summary>The first segment that it covers.</summary>
    public long FirstSegment => (long)Index << Level;

    /// <summary>The segment after the last one that it covers.</summary>
    public long EndSegment => ((long)Index + 1) << Level;

    /// <summary>The node one level up that covers it.</summary>
    public TreeNode Parent => new(Level + 1, Index >> 1);

    /// <summary>The other child of its parent.</summary>
    public TreeNode Sibling => new(Level, Index ^ 1);

    /// <summary>The lower half of its segments; for nodes above the leaves.</summary>
    public TreeNode LeftChild => new(Level - 1, Index << 1);

    /// <summary>The upper half of its segments; for nodes above the leaves.</summary>
    public TreeNode RightChild => new(Level - 1, (Index << 1) + 1);

    /// <summary>The node of one segment.</summary>
    public static TreeNode Leaf(int segment) => new(0, segment);

    /// <summary>Whether it covers all segments of another node.</summary>
    public bool Covers(TreeNode other) => other.Level <= Level && other.Index >> (Level - other.Level) == Index;

    /// <summary>A leaf is its segment, any other node is its segments: <c>4..7</c>.</summary>
    public override string ToString() => Level == 0
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Index}")
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{FirstSegment}..{EndSegment - 1}");
}
