namespace AttentionCluster.Core.Kernels.Reference;

/// <summary>The scores of one row in float64.</summary>
/// <param name="Keys">The keys that it sees.</param>
/// <param name="BelowMax">How far the score of each is below the largest.</param>
/// <param name="Largest">
/// The largest magnitude of a score, or of what is added to it beside the constant that all keys of the row have, whose weight counts for
/// something; 0 without one.
/// </param>
internal sealed record ReferenceScores(IReadOnlyList<int> Keys, IReadOnlyList<double> BelowMax, double Largest);
