namespace AttentionCluster.Core.Planning;

/// <summary>
/// One merge of two neighbouring, complete subtrees. A subtree's partial goes by the lowest segment that it covers:
/// the partial called <paramref name="From"/> is merged into the one called <paramref name="Into"/>, and is gone.
/// </summary>
public readonly record struct MergeStep(int Into, int From);
