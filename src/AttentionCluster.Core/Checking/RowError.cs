using System.Numerics.Tensors;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Reports;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Checking;

/// <summary>One row of a result against float64.</summary>
/// <param name="Row">Its place.</param>
/// <param name="Absolute">The largest difference of an element of O.</param>
/// <param name="Relative">The same over the largest element of V that the row sees.</param>
/// <param name="Bound">What <paramref name="Relative"/> may be.</param>
/// <param name="Severity">At most 1 when O and LSE are within their bounds.</param>
internal readonly record struct RowError(OutputRow Row, double Absolute, double Relative, double Bound, double Severity)
{
    /// <summary>Half an ulp of 1 in float32: the relative error of one rounding.</summary>
    private const double Epsilon = 1.0 / (1 << 24);

    /// <summary>Roundings of a score that is capped and added to, each relative to the score: tanh alone takes two.</summary>
    private const double BiasSteps = 6;

    /// <summary>Recomputes one row.</summary>
    /// <remarks>
    /// <para>
    /// The bound. A float32 score is a sum of <c>Dk</c> products, none of whose partial sums exceeds <c>a = |scale| |q| |k|</c>; as roundings
    /// are as often up as down, its error is some <c>sqrt(Dk) eps a</c> (4 more steps stand for scaling, maximum, and exponential). Errors of
    /// scores become relative errors of weights, which count twice, above and below the fraction line. Adding up n weighted rows adds some
    /// <c>sqrt(n) eps</c>.
    /// </para>
    /// <para>
    /// Softcap and what is added to a score round it again, by some <c>eps</c> of what it is then.
    /// </para>
    /// <para>
    /// Rounding O to 16 bits adds half an ulp of the type: <c>2^-11</c> of the element for float16 and <c>2^-8</c> for bfloat16, and half the smallest
    /// number (<see cref="OutputRounding"/>). No element is larger than the largest of V, so that is the share of it that the bound grows by.
    /// </para>
    /// <para>
    /// So a computation in float32 stays below it, however it is ordered, unless it does something else than attention.
    /// </para>
    /// </remarks>
    internal static RowError Of(AttentionPlan plan, ResultTensors tensors, int batch, int head, int row)
    {
        int kvHead = head / plan.Shape.GroupSize;
        ReadOnlySpan<float> query = tensors.Query.Head(batch, head).Row(row);
        IRows keys = tensors.Key.Head(batch, kvHead);
        IRows values = tensors.Value.Head(batch, kvHead);
        RowRule rule = plan.Rules.RuleOf(batch, head, row, plan.Scale);
        double[] expected = new double[plan.Shape.ValueWidth];
        double lse = ReferenceAttention.Row(query, keys, values, rule, expected, out double largestScore);

        double longestKey = 0, largestValue = 0;
        int visible = 0;
        foreach (int j in rule.Keys)
        {
            visible++;
            longestKey = Math.Max(longestKey, TensorPrimitives.Norm(keys.Row(j)));
            largestValue = Math.Max(largestValue, Math.Abs(TensorPrimitives.MaxMagnitude(values.Row(j))));
        }

        double scoreError = Epsilon * (Math.Sqrt(query.Length) + 4) * Math.Abs(plan.Scale) * TensorPrimitives.Norm(query) * longestKey;
        if (rule.Score is not null)
            scoreError += Epsilon * BiasSteps * largestScore;
        double sumError = Epsilon * (Math.Sqrt(visible) + 16);
        OutputRounding rounding = OutputRounding.To(tensors.Output.Type);
        double bound = (2 * scoreError) + sumError + rounding.Relative + (largestValue == 0 ? 0 : rounding.Absolute / largestValue);
        double absolute = Difference(tensors.Output.Head(batch, head).Row(row), expected, rounding.OverflowsFrom);
        double relative = absolute == 0 ? 0 : absolute / largestValue;

        // A bound that is NaN, because a visible K is, holds for a row that agrees to the last NaN.
        double severity = relative == 0 ? 0 : relative / bound;
        if (tensors.Lse is { } lseRows)
        {
            double lseBound = scoreError + sumError + (Epsilon * Math.Abs(lse));
            severity = Math.Max(severity, Difference(lseRows.Head(batch, head).Row(row), [lse], double.PositiveInfinity) / (double.IsFinite(lseBound) ? lseBound : 1));
        }

        return new RowError(new OutputRow(batch, head, row), absolute, relative, bound, double.IsNaN(severity) ? double.PositiveInfinity : severity);
    }

    /// <summary>
    /// The largest difference; none where both are the same infinity or both NaN, infinite where one is. An infinity that rounding gave stands for
    /// the smallest magnitude that gives it.
    /// </summary>
    private static double Difference(ReadOnlySpan<float> actual, ReadOnlySpan<double> expected, double overflowsFrom)
    {
        double largest = 0;
        for (int d = 0; d < expected.Length; d++)
        {
            if (actual[d] == expected[d] || (float.IsNaN(actual[d]) && double.IsNaN(expected[d])))
                continue;
            double found = float.IsInfinity(actual[d]) ? MathF.Sign(actual[d]) * Math.Max(overflowsFrom, Math.Abs(expected[d])) : actual[d];
            double difference = Math.Abs(found - expected[d]);
            largest = Math.Max(largest, double.IsNaN(difference) ? double.PositiveInfinity : difference);
        }

        return largest;
    }
}
