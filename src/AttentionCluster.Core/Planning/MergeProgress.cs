namespace AttentionCluster.Core.Planning;

/// <summary>How far the merging of one query block has come: takes the partials of nodes in any order, and says what to merge.</summary>
/// <param name="tree">The block's tree.</param>
internal sealed class MergeProgress(MergeTree tree)
{
    /// <summary>Nodes whose partial waits for that of its sibling.</summary>
    private readonly HashSet<TreeNode> _waiting = [];

    private readonly HashSet<TreeNode> _added = [];

    /// <summary>The highest level of the nodes that were added.</summary>
    private int _levelMax;

    /// <summary>Whether all partials have been merged into that of the root.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Takes the partial of one node, and says which merges are possible now, in the order in which they must be done.</summary>
    /// <returns>Empty when the partial has to wait for its sibling, or when one of the node's segments was added before.</returns>
    public IReadOnlyList<MergeStep> Add(TreeNode node)
    {
        if (!tree.Contains(node))
            throw new ArgumentOutOfRangeException(nameof(node), node, $"the block's tree has the root {tree.Root}");
        node = tree.Lowest(node);
        if (IsAdded(node))
            return [];
        _added.Add(node);
        _levelMax = Math.Max(_levelMax, node.Level);
        IReadOnlyList<MergeStep> steps = tree.StepsFor(node, _waiting);
        foreach (MergeStep step in steps)
        {
            _waiting.Remove(step.Left);
            _waiting.Remove(step.Right);
        }

        TreeNode merged = steps.Count == 0 ? node : steps[^1].Parent;
        IsComplete = merged == tree.Root;
        if (!IsComplete)
            _waiting.Add(merged);
        return steps;
    }

    /// <summary>Whether one of the node's segments was added, by itself or with others.</summary>
    private bool IsAdded(TreeNode node)
    {
        if (node.Level > 0 && _added.Any(node.Covers))
            return true;
        for (TreeNode above = node; above.Level <= _levelMax; above = above.Parent)
        {
            if (_added.Contains(above))
                return true;
        }

        return false;
    }
}
