using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// A task of a job: the partial of a query block, by its place in the plan, over the segments of a node of its merge tree.
/// </summary>
internal readonly record struct TaskId(int Block, TreeNode Node)
{
    /// <summary>The segment; its node is a leaf.</summary>
    internal int Segment => Node.Level == 0 ? Node.Index : throw new InvalidOperationException($"{this} is of more than one segment");

    /// <summary>The task of one segment.</summary>
    internal static TaskId Of(int block, int segment) => new(block, TreeNode.Leaf(segment));
}
