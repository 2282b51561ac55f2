using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Masks;

/// <summary>What one query row sees, and what becomes of its scores.</summary>
/// <param name="Hull">A range that holds all keys that it sees.</param>
/// <param name="Scale">Factor of the products.</param>
internal sealed record RowRule(KeyRange Hull, double Scale)
{
    /// <summary>Whether it sees a key of the range; null when it sees all of them.</summary>
    public Func<int, bool>? IsVisible { get; init; }

    /// <summary>Scores <c>s</c> become <c>c * tanh(s / c)</c>; 0 when they don't.</summary>
    public double Softcap { get; init; }

    /// <summary>What is added to the score of a key, in two parts; null for nothing.</summary>
    public Func<int, (double Element, double Slope)>? Bias { get; init; }

    /// <summary>What joins the denominator alone; null for nothing.</summary>
    public double? SinkLogit { get; init; }

    /// <summary>The keys that it sees.</summary>
    public IEnumerable<int> Keys => IsVisible is null
        ? Enumerable.Range(Hull.Start, Hull.Count)
        : Enumerable.Range(Hull.Start, Hull.Count).Where(IsVisible);

    /// <summary>The score of a product, before anything is added.</summary>
    internal double Score(double product) => Softcap > 0 ? Softcap * NaturalExponential.Tanh(Scale * product / Softcap) : Scale * product;
}
