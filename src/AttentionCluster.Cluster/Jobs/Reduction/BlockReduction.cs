using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Reduction;

/// <summary>
/// The reduction of one block's partials: which have come, and which merge is next. One merge at a time is done for a block, since each
/// may need the outcome of the one before.
/// </summary>
internal sealed class BlockReduction(MergeTree tree)
{
    private readonly MergeProgress _progress = new(tree);

    /// <summary>Nodes whose partial is being pulled, or here and not merged, or merged, with the claim for it.</summary>
    private readonly Dictionary<TreeNode, Claim> _arrived = [];

    /// <summary>All claims that were answered with.</summary>
    private readonly HashSet<Claim> _claims = [];

    /// <summary>Nodes whose partial is here, and waits for the merge that is being done.</summary>
    private readonly Queue<TreeNode> _pulled = new();

    private bool _isMerging;

    /// <summary>Steps of the merge that is being done: each frees a partial.</summary>
    private int _stepsUnderWay;

    /// <summary>Whether the last merge is being done, or has been.</summary>
    internal bool IsComplete => _progress.IsComplete;

    /// <summary>Merged partials that wait for their sibling; when the block is complete, its own too.</summary>
    internal int WaitingCount { get; private set; }

    /// <summary>Notes a claim that a worker has answered with.</summary>
    /// <returns>False for a claim that came before: of each there is one pull, and its bytes must not be freed under that.</returns>
    internal bool TryHear(Claim claim) => _claims.Add(claim);

    /// <summary>The partial of a node is to be pulled.</summary>
    /// <returns>False when there is another one.</returns>
    internal bool TryArrive(TreeNode node, Claim claim) => _arrived.TryAdd(node, claim);

    internal bool HasArrived(TreeNode node) => _arrived.ContainsKey(node);

    /// <summary>The claim for the partial of a node that has arrived.</summary>
    internal Claim ClaimOf(TreeNode node) => _arrived[node];

    /// <summary>A partial could not be pulled.</summary>
    /// <returns>The claim for it.</returns>
    internal Claim Forget(TreeNode node)
    {
        _arrived.Remove(node, out Claim claim);
        return claim;
    }

    /// <summary>A partial has been pulled.</summary>
    internal void Enqueue(TreeNode node) => _pulled.Enqueue(node);

    /// <summary>Begins the next merge, if none is being done.</summary>
    /// <param name="node">The node whose partial is merged.</param>
    /// <param name="steps">What is merged with what.</param>
    internal bool TryBeginMerge(out TreeNode node, out IReadOnlyList<MergeStep> steps)
    {
        steps = [];
        node = default;
        if (_isMerging || !_pulled.TryDequeue(out node))
            return false;
        _isMerging = true;
        steps = _progress.Add(node);
        _stepsUnderWay = steps.Count;
        return true;
    }

    /// <summary>The merge has been done.</summary>
    /// <returns>How many more partials wait than before; less than 0 when there are fewer.</returns>
    internal int EndMerge()
    {
        _isMerging = false;
        int more = 1 - _stepsUnderWay;
        WaitingCount += more;
        return more;
    }
}
