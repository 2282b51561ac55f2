using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels.Reference;

/// <summary>
/// Attention of one row as the formula stands, in float64 and two passes: what every other kernel is tested against.
/// </summary>
internal static class ReferenceAttention
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
    /// <param name="scores">What became of its keys.</param>
    /// <returns>The natural log-sum-exp, a sink logit among it; -infinity when nothing is visible.</returns>
    internal static double Row(
        ReadOnlySpan<float> query, IRows keys, IRows values, RowRule rule, Span<double> output, out ReferenceScores scores)
    {
        ReferenceState state = Accumulate(query, keys, values, rule, output);
        scores = state.Scores;
        double max = state.Max, sum = state.Sum;
        (double element, double slope) = state.Bias;
        if (rule.SinkLogit is { } sink && !double.IsNegativeInfinity(sink))
        {
            // How far the row is above the sink; infinitely far below it without a key.
            double lead = max + slope + (element - sink), weight = NaturalExponential.Of(Math.Min(lead, 0));
            foreach (ref double number in output)
                number *= weight;
            sum = (sum * weight) + NaturalExponential.Of(Math.Min(-lead, 0));
            if (lead < 0)
                (max, element, slope) = (sink, 0, 0);
        }

        if (max == double.NegativeInfinity)
            return double.NegativeInfinity;
        foreach (ref double number in output)
            number /= sum;
        return element + (slope + (max + Math.Log(sum)));
    }

    /// <summary>The state before the division: maximum, sum, and <paramref name="accumulator"/>.</summary>
    /// <param name="query"><c>Dk</c> floats.</param>
    /// <param name="keys">Element d of key j.</param>
    /// <param name="values">Likewise.</param>
    /// <param name="rule">What the row sees; a sink logit plays no part.</param>
    /// <param name="accumulator"><c>Dv</c> numbers.</param>
    internal static ReferenceState Accumulate(ReadOnlySpan<float> query, IRows keys, IRows values, RowRule rule, Span<double> accumulator)
    {
        accumulator.Clear();
        int[] visible = [.. rule.Keys];
        double[] scores = new double[visible.Length];
        (double Element, double Slope)[]? added = rule.Bias is { } bias ? Array.ConvertAll(visible, key => bias(key)) : null;
        (double Element, double Slope) constant = added is null ? default : LargestFinite(added);
        double Beside(int i) => added![i].Element - constant.Element + (added[i].Slope - constant.Slope);
        double max = double.NegativeInfinity;
        bool isAnyNaN = false;
        for (int i = 0; i < scores.Length; i++)
        {
            ReadOnlySpan<float> key = keys.Row(visible[i]);
            double dot = 0;
            for (int d = 0; d < query.Length; d++)
                dot += (double)query[d] * key[d];
            scores[i] = added is null ? rule.Score(dot) : rule.Score(dot) + Beside(i);
            max = Math.Max(max, scores[i]);
            isAnyNaN |= double.IsNaN(scores[i]);
        }

        if (max == double.NegativeInfinity && !isAnyNaN)
            return new ReferenceState(default, max, 0, new ReferenceScores(visible, scores, 0));

        double sum = 0, largest = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i] > max - NegligibleBelow)
                largest = Math.Max(largest, Math.Max(Math.Abs(scores[i]), added is null ? 0 : Math.Abs(Beside(i))));
            double weight = NaturalExponential.Of(scores[i] - max);
            scores[i] = max - scores[i];
            sum += weight;
            ReadOnlySpan<float> value = values.Row(visible[i]);
            for (int d = 0; d < accumulator.Length; d++)
                accumulator[d] += weight * value[d];
        }

        return new ReferenceState(constant, max, sum, new ReferenceScores(visible, scores, largest));
    }

    /// <summary>0 where the largest is not finite, or there is none.</summary>
    private static (double Element, double Slope) LargestFinite((double Element, double Slope)[] numbers)
    {
        (double Element, double Slope) largest = (double.NegativeInfinity, 0);
        foreach ((double Element, double Slope) number in numbers)
        {
            double sum = number.Element + number.Slope;
            largest = sum > largest.Element + largest.Slope || double.IsNaN(sum) ? number : largest;
        }

        return double.IsFinite(largest.Element + largest.Slope) ? largest : default;
    }
}
