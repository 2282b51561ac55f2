using System.Globalization;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Kernels.Reference;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Checking;

/// <summary>One row of a result against float64.</summary>
/// <param name="Row">Its place.</param>
/// <param name="Absolute">The largest difference of an element of O.</param>
/// <param name="Relative">The same over the largest element of V that the row sees.</param>
/// <param name="Bound">What <paramref name="Relative"/> may be.</param>
/// <param name="Severity">At most 1 when O and LSE are within their bounds.</param>
/// <param name="WhyNoCheck">Why the bound says nothing: it is larger than what any weights could change. Null when it does.</param>
internal readonly record struct RowError(OutputRow Row, double Absolute, double Relative, double Bound, double Severity, string? WhyNoCheck)
{
    /// <summary>Half an ulp of 1 in float32: the relative error of one rounding.</summary>
    private const double Epsilon = 1.0 / (1 << 24);

    /// <summary>Roundings of a score that is capped and added to, each relative to the score: tanh alone takes two.</summary>
    private const double BiasSteps = 6;

    /// <summary>A key whose score is so far below the largest has a weight that counts for nothing, if both have no error.</summary>
    private const double NegligibleBelow = 40;

    /// <summary>Whether the row agrees, by a bound that is a check.</summary>
    internal bool IsOk => Severity <= 1 && WhyNoCheck is null;

    /// <summary>Recomputes one row.</summary>
    /// <remarks>
    /// <para>
    /// The bound. A float32 score is a sum of <c>Dk</c> products, none of whose partial sums exceeds <c>a = |scale| |q| |k|</c>; as
    /// roundings are as often up as down, its error is some <c>sqrt(Dk) eps a</c> (4 more steps stand for scaling, maximum, and
    /// exponential). Errors of scores become relative errors of weights: O moves by no more than such an error times the spread of V, the
    /// difference between the largest and the smallest number of a column, over the keys whose weights count. Adding up n weighted rows
    /// adds some <c>sqrt(n) eps</c> of the largest V.
    /// </para>
    /// <para>
    /// Softcap and what is added to a score round it again, by some <c>eps</c> of what it is then, without the constant that all keys of
    /// the row have.
    /// </para>
    /// <para>
    /// Rounding O to 16 bits adds half an ulp of the type: <c>2^-11</c> of the element for float16 and <c>2^-8</c> for bfloat16, and half
    /// the smallest number (<see cref="OutputRounding"/>); an element beyond the type's largest number is that far off.
    /// </para>
    /// <para>
    /// So a computation in float32 stays below it, however it is ordered, unless it does something else than attention. Where scores are so
    /// large that their error is 1 or more, or an element so far beyond the type, any weights stay below it: then the bound is no check.
    /// </para>
    /// <para>
    /// All of this is in float64: squares and products of what float32 holds are no float32.
    /// </para>
    /// </remarks>
    internal static RowError Of(AttentionPlan plan, ResultTensors tensors, int batch, int head, int row)
    {
        int kvHead = head / plan.Shape.GroupSize;
        float[] query = tensors.Query.Head(batch, head).Row(row).ToArray();
        IRows keys = tensors.Key.Head(batch, kvHead);
        IRows values = tensors.Value.Head(batch, kvHead);
        RowRule rule = plan.Rules.RuleOf(batch, head, row, plan.Scale);
        double[] expected = new double[plan.Shape.ValueWidth];
        double lse = ReferenceAttention.Row(query, keys, values, rule, expected, out ReferenceScores scores);

        // A key that is not finite has a score that is not, without an error.
        double longestKey = 0;
        foreach (int j in rule.Keys)
            longestKey = Norm(keys.Row(j)) is var norm && norm > longestKey && double.IsFinite(norm) ? norm : longestKey;
        double scoreError = Epsilon * (Math.Sqrt(query.Length) + 4) * Math.Abs(plan.Scale) * Norm(query) * longestKey;
        if (rule.Softcap > 0 || rule.Bias is not null)
            scoreError += Epsilon * BiasSteps * (scores.Largest + (rule.Bias is null ? 0 : LargeElements.Usual));
        if (!double.IsFinite(scoreError))
            scoreError = 0;
        (double largestValue, double spread) =
            RangeOf(values, scores, (2 * scoreError) + NegligibleBelow, rule.SinkLogit is not null, expected.Length);

        double sumError = Epsilon * (Math.Sqrt(scores.Keys.Count) + 16);
        OutputRounding rounding = OutputRounding.To(tensors.Output.Type);
        double beyond = expected.Max(rounding.Beyond), rounded = ((sumError + rounding.Relative) * largestValue) + rounding.Absolute;
        double allowed = (scoreError * spread) + rounded + beyond;
        double bound = largestValue > 0 && double.IsFinite(allowed) ? allowed / largestValue : scoreError + sumError + rounding.Relative;
        double absolute = Difference(tensors.Output.Head(batch, head).Row(row), expected);
        double relative = absolute == 0 ? 0 : absolute / largestValue;

        double severity = relative == 0 ? 0 : relative / bound;
        if (tensors.Lse is { } lseRows)
        {
            double lseBound = scoreError + sumError + (Epsilon * Math.Abs(lse)), lseError =
                Difference(lseRows.Head(batch, head).Row(row), [lse]);
            severity = Math.Max(severity, lseError == 0 ? 0 : lseError / (double.IsFinite(lseBound) ? lseBound : 1));
        }

        return new RowError(
            new OutputRow(batch, head, row), absolute, relative, bound, double.IsNaN(severity) ? double.PositiveInfinity : severity,
            WhyNot(scoreError, spread, rounded, beyond, tensors.Output.Type));
    }

    private static string? WhyNot(double scoreError, double spread, double rounded, double beyond, ElementType type) =>
        scoreError >= 1 && spread > rounded ? string.Create(
            CultureInfo.InvariantCulture, $"its scores are so large that float32 has them within {scoreError:0.0e+0} only, so that any "
                + $"weights would pass") :
        beyond > spread + rounded ? string.Create(
            CultureInfo.InvariantCulture, $"its output is {beyond:0.0e+0} beyond the largest {Formats.Dtypes.Name(type)}, more than any "
                + $"weights change") :
        null;

    /// <summary>The largest magnitude of V, and the largest difference of two numbers of a column, where a key's weight counts.</summary>
    private static (double Largest, double Spread) RangeOf(IRows values, ReferenceScores scores, double below, bool hasSink, int width)
    {
        double largest = 0;
        double[] lowest = new double[width], highest = new double[width];
        Array.Fill(lowest, hasSink ? 0 : double.PositiveInfinity);
        Array.Fill(highest, hasSink ? 0 : double.NegativeInfinity);
        for (int i = 0; i < scores.Keys.Count; i++)
        {
            ReadOnlySpan<float> value = values.Row(scores.Keys[i]);
            bool counts = !(scores.BelowMax[i] > below);
            for (int d = 0; d < width; d++)
            {
                largest = Math.Max(largest, Math.Abs((double)value[d]));
                if (counts)
                    (lowest[d], highest[d]) = (Math.Min(lowest[d], value[d]), Math.Max(highest[d], value[d]));
            }
        }

        double spread = 0;
        for (int d = 0; d < width; d++)
            spread = Math.Max(spread, highest[d] - lowest[d]);
        return (largest, spread);
    }

    private static double Norm(ReadOnlySpan<float> row)
    {
        double sum = 0;
        foreach (float element in row)
            sum += (double)element * element;
        return Math.Sqrt(sum);
    }

    /// <summary>The largest difference; none where both are the same infinity or both NaN, infinite where one is.</summary>
    private static double Difference(ReadOnlySpan<float> actual, ReadOnlySpan<double> expected)
    {
        double largest = 0;
        for (int d = 0; d < expected.Length; d++)
        {
            if (actual[d] == expected[d] || (float.IsNaN(actual[d]) && double.IsNaN(expected[d])))
                continue;
            double difference = Math.Abs(actual[d] - expected[d]);
            largest = Math.Max(largest, double.IsNaN(difference) ? double.PositiveInfinity : difference);
        }

        return largest;
    }
}
