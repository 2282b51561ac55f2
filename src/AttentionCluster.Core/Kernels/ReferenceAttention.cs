using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels;

/// <summary>
/// Attention of one row as the formula stands, in float64 and two passes: what every other kernel is tested against.
/// </summary>
public static class ReferenceAttention
{
    /// <summary>
    /// <c>O = sum e^(s_j - m) v_j / sum e^(s_j - m)</c> with <c>s_j = scale * (q . k_j)</c> over the visible keys.
    /// </summary>
    /// <param name="query"><c>Dk</c> floats.</param>
    /// <param name="keys">Element d of key j, for j in <paramref name="visible"/>.</param>
    /// <param name="values">Likewise.</param>
    /// <param name="visible">The keys that the row sees.</param>
    /// <param name="scale">Factor of the scores.</param>
    /// <param name="output"><c>Dv</c> numbers; zero when no key is visible.</param>
    /// <returns>The natural log-sum-exp; -infinity when no key is visible.</returns>
    public static double Row(
        ReadOnlySpan<float> query, IRows keys, IRows values, KeyRange visible, double scale, Span<double> output)
    {
        ReferenceState state = Accumulate(query, keys, values, visible, scale, output, m => m);
        if (state.Max == double.NegativeInfinity)
            return double.NegativeInfinity;
        foreach (ref double element in output)
            element /= state.Sum;
        return state.Max + Math.Log(state.Sum);
    }

    /// <summary>The state before the division: running maximum, sum, and <paramref name="accumulator"/>.</summary>
    /// <param name="query"><c>Dk</c> floats.</param>
    /// <param name="keys">Element d of key j.</param>
    /// <param name="values">Likewise.</param>
    /// <param name="visible">The keys that the row sees.</param>
    /// <param name="scale">Factor of the scores.</param>
    /// <param name="accumulator"><c>Dv</c> numbers.</param>
    /// <param name="roundMax">What the sums are taken relative to, given the exact maximum.</param>
    internal static ReferenceState Accumulate(
        ReadOnlySpan<float> query, IRows keys, IRows values, KeyRange visible, double scale, Span<double> accumulator,
        Func<double, double> roundMax)
    {
        accumulator.Clear();
        double[] scores = new double[visible.Count];
        double max = double.NegativeInfinity;
        for (int j = 0; j < scores.Length; j++)
        {
            ReadOnlySpan<float> key = keys.Row(visible.Start + j);
            double dot = 0;
            for (int d = 0; d < query.Length; d++)
                dot += (double)query[d] * key[d];
            scores[j] = scale * dot;
            max = Math.Max(max, scores[j]);
        }

        if (max == double.NegativeInfinity)
            return new ReferenceState(max, 0);

        max = roundMax(max);
        double sum = 0;
        for (int j = 0; j < scores.Length; j++)
        {
            double weight = Math.Exp(scores[j] - max);
            sum += weight;
            ReadOnlySpan<float> value = values.Row(visible.Start + j);
            for (int d = 0; d < accumulator.Length; d++)
                accumulator[d] += weight * value[d];
        }

        return new ReferenceState(max, sum);
    }
}
