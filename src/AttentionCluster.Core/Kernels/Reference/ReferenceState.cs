namespace AttentionCluster.Core.Kernels.Reference;

/// <summary>What one row has after all its keys, in float64.</summary>
/// <param name="Bias">
/// The largest of what is added to its scores, which was taken off all of them: a constant on a row changes no weight. In two parts,
/// because one float64 would lose the second beside the lowest number of a mask.
/// </param>
/// <param name="Max">The largest score without it; -infinity when the row sees no key.</param>
/// <param name="Sum">Of all weights relative to <paramref name="Max"/>.</param>
/// <param name="Scores">Those of its keys.</param>
internal readonly record struct ReferenceState((double Element, double Slope) Bias, double Max, double Sum, ReferenceScores Scores);
