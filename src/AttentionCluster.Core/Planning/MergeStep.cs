namespace AttentionCluster.Core.Planning;

/// <summary>
/// One merge: the partial of <paramref name="Right"/> is merged into that of <paramref name="Left"/>, and the outcome is the partial of
/// <paramref name="Parent"/>. A node whose sibling is skipped has the same partial as its parent; the partial goes by the lower of the two.
/// </summary>
/// <param name="Left">Covers the lower segments.</param>
/// <param name="Right">Covers the higher segments.</param>
/// <param name="Parent">Covers both.</param>
internal readonly record struct MergeStep(TreeNode Left, TreeNode Right, TreeNode Parent);
