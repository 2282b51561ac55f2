using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels;

/// <summary>
/// Attention of one row as the formula stands, in float64 and two passes: what every other kernel is tested against.
/// </summary>
public static class ReferenceAttention
{
    /// <summary>Scores so far below the largest one have weights that count for nothing.</summary>
    private const double NegligibleBelow = 200;

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
        ReadOnlySpan<float> query, IRows keys, IRows values, KeyRange visible, double scale, Span<double> output) =>
        Row(query, keys, values, new RowRule(visible, scale), output, out _);

    /// <summary>The same with all that a mask, biases and a sink logit do.</summary>
    /// <param name="query"><c>Dk</c> floats.</param>
    /// <param name="keys">Element d of key j.</param>
    /// <param name="values">Likewise.</param>
    /// <param name="rule">What the row sees, and what becomes of its scores.</param>
    /// <param name="output"><c>Dv</c> numbers; zero when no key is visible.</param>
    /// <param name="largestScore">The largest magnitude of a score whose weight counts for something; 0 without one.</param>
    /// <returns>The natural log-sum-exp, a sink logit among it; -infinity when nothing is visible.</returns>
    public static double Row(
        ReadOnlySpan<float> query, IRows keys, IRows values, RowRule rule, Span<double> output, out double largestScore)
    {
        ReferenceState state = Accumulate(query, keys, values, rule, output, m => m);
        largestScore = state.LargestScore;
        double max = state.Max, sum = state.Sum;
        if (rule.SinkLogit is { } sink)
        {
            double joint = Math.Max(max, sink);
            double weight = max == double.NegativeInfinity ? 0 : Math.Exp(max - joint);
            foreach (ref double element in output)
                element *= weight;
            (max, sum) = (joint, (sum * weight) + Math.Exp(sink - joint));
        }

        if (max == double.NegativeInfinity)
            return double.NegativeInfinity;
        foreach (ref double element in output)
            element /= sum;
        return max + Math.Log(sum);
    }

    /// <summary>The state before the division: running maximum, sum, and <paramref name="accumulator"/>.</summary>
    /// <param name="query"><c>Dk</c> floats.</param>
    /// <param name="keys">Element d of key j.</param>
    /// <param name="values">Likewise.</param>
    /// <param name="rule">What the row sees; a sink logit plays no part.</param>
    /// <param name="accumulator"><c>Dv</c> numbers.</param>
    /// <param name="roundMax">What the sums are taken relative to, given the exact maximum.</param>
    internal static ReferenceState Accumulate(
        ReadOnlySpan<float> query, IRows keys, IRows values, RowRule rule, Span<double> accumulator, Func<double, double> roundMax)
    {
        accumulator.Clear();
        int[] visible = [.. rule.Keys];
        double[] scores = new double[visible.Length];
        double max = double.NegativeInfinity;
        bool isAnyNaN = false;
        for (int i = 0; i < scores.Length; i++)
        {
            ReadOnlySpan<float> key = keys.Row(visible[i]);
            double dot = 0;
            for (int d = 0; d < query.Length; d++)
                dot += (double)query[d] * key[d];
            scores[i] = rule.Score?.Invoke(rule.Scale * dot, visible[i]) ?? (rule.Scale * dot);
            max = Math.Max(max, scores[i]);
            isAnyNaN |= double.IsNaN(scores[i]);
        }

        if (max == double.NegativeInfinity && !isAnyNaN)
            return new ReferenceState(max, 0, 0);

        max = roundMax(max);
        double sum = 0, largest = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i] > max - NegligibleBelow)
                largest = Math.Max(largest, Math.Abs(scores[i]));
            double weight = Math.Exp(scores[i] - max);
            sum += weight;
            ReadOnlySpan<float> value = values.Row(visible[i]);
            for (int d = 0; d < accumulator.Length; d++)
                accumulator[d] += weight * value[d];
        }

        return new ReferenceState(max, sum, largest);
    }
}
