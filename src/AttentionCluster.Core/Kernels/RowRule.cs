using AttentionCluster.Core.Masks;

namespace AttentionCluster.Core.Kernels;

/// <summary>What one query row sees, and what becomes of its scores.</summary>
/// <param name="Hull">A range that holds all keys that it sees.</param>
/// <param name="Scale">Factor of the products.</param>
public sealed record RowRule(KeyRange Hull, double Scale)
{
    /// <summary>Whether it sees a key of the range; null when it sees all of them.</summary>
    public Func<int, bool>? IsVisible { get; init; }

    /// <summary>The score of a key, from its scaled product; null when it is that.</summary>
    public Func<double, int, double>? Score { get; init; }

    /// <summary>What joins the denominator alone; null for nothing.</summary>
    public double? SinkLogit { get; init; }

    /// <summary>The keys that it sees.</summary>
    public IEnumerable<int> Keys => IsVisible is null
        ? Enumerable.Range(Hull.Start, Hull.Count)
        : Enumerable.Range(Hull.Start, Hull.Count).Where(IsVisible);
}
