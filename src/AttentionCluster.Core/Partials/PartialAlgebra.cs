using System.Numerics.Tensors;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Partials;

/// <summary>
/// The whole algebra of partials: merge and finish. For a set <c>S</c> of keys with scores <c>s_j</c> a row's partial is
/// <code>
///   m(S) = max s_j      l(S) = sum e^(s_j - m(S))      acc(S) = sum e^(s_j - m(S)) v_j
/// </code>
/// and of no key <c>(-inf, 0, 0)</c>, the empty partial.
/// </summary>
/// <remarks>
/// <para>
/// Merge. Let A and B be disjoint and not empty, <c>m = max(m(A), m(B))</c>. As <c>e^(s - m) = e^(s - m(A)) e^(m(A) - m)</c>,
/// <code>
///   l(A + B) = l(A) e^(m(A) - m) + l(B) e^(m(B) - m)        and acc likewise,
/// </code>
/// with one of the two weights exactly 1. If one is empty, the other is the result as it is: no bit changes, and
/// <c>-inf - -inf</c> never arises. In exact arithmetic merging is associative and commutative; in float32 it is commutative bit
/// for bit (sums and products are) but not associative, so the order is the merge tree's alone.
/// </para>
/// <para>
/// Finish. <c>O = acc / l</c>, as <c>softmax_j = e^(s_j - m) / l</c>; and <c>ln sum e^(s_j) = m + ln l</c>. A row that has seen no key
/// gives <c>O = 0</c> and <c>LSE = -inf</c>.
/// </para>
/// <para>
/// A constant. Scores may have had one taken off, another one in each partial: what is called <c>m</c> above is then <c>shift + m</c>, of
/// which only differences matter until the end; they are taken in float64, so that what is next to a large constant is not lost.
/// </para>
/// <para>
/// Every operation here is one correctly rounded float32 operation, or float64 by <see cref="NaturalLog"/>: the same bits on every machine.
/// </para>
/// </remarks>
internal static unsafe class PartialAlgebra
{
    /// <summary>Merges <paramref name="from"/> into <paramref name="into"/>; both belong to the same rows and disjoint keys.</summary>
    /// <exception cref="ArgumentException">They have different shapes.</exception>
    public static void Merge(Partial into, Partial from)
    {
        if (into.Rows != from.Rows || into.ValueWidth != from.ValueWidth || into.HasShift != from.HasShift)
            throw new ArgumentException($"a partial of {from.Rows} x {from.ValueWidth} can't be merged into one of {into.Rows} x "
                + $"{into.ValueWidth}", nameof(from));

        int stride = into.Stride;
        for (int row = 0; row < into.Rows; row++)
        {
            float theirs = from.Max[row];
            if (theirs == float.NegativeInfinity)
                continue;

            var acc = new Span<float>(into.Accumulator + ((long)row * stride), stride);
            var theirAcc = new ReadOnlySpan<float>(from.Accumulator + ((long)row * stride), stride);
            float ours = into.Max[row];
            if (ours == float.NegativeInfinity)
            {
                theirAcc.CopyTo(acc);
                into.Max[row] = theirs;
                into.Sum[row] = from.Sum[row];
                if (into.HasShift)
                    (into.Shift[row], into.ShiftRest[row]) = (from.Shift[row], from.ShiftRest[row]);
                continue;
            }

            float ourWeight, theirWeight;
            if (into.HasShift && (into.Shift[row] != from.Shift[row] || into.ShiftRest[row] != from.ShiftRest[row]))
            {
                double lead = ((double)ours - theirs) + (into.ShiftRest[row] - from.ShiftRest[row]) + (into.Shift[row] - from.Shift[row]);
                (ourWeight, theirWeight) = Weights(lead);
                if (lead < 0)
                    (into.Max[row], into.Shift[row], into.ShiftRest[row]) = (theirs, from.Shift[row], from.ShiftRest[row]);
            }
            else
            {
                float max = ours > theirs ? ours : theirs;
                ourWeight = PowerOfTwo.Weight(ours, max);
                theirWeight = PowerOfTwo.Weight(theirs, max);
                into.Max[row] = max;
            }

            into.Sum[row] = (into.Sum[row] * ourWeight) + (from.Sum[row] * theirWeight);

            // One weight is 1, so one product and one sum; MultiplyAdd rounds both, on every machine.
            if (ourWeight == 1f)
            {
                TensorPrimitives.MultiplyAdd(theirAcc, theirWeight, acc, acc);
            }
            else
            {
                TensorPrimitives.MultiplyAdd(acc, ourWeight, theirAcc, acc);
            }
        }
    }

    /// <summary>Turns one row of a complete partial into its output and its log-sum-exp.</summary>
    /// <param name="partial">Complete: merged over all visible keys.</param>
    /// <param name="row">From 0 to <see cref="Partial.Rows"/> - 1.</param>
    /// <param name="output"><c>Dv</c> floats.</param>
    /// <param name="sinkLogit">
    /// The score of a key whose value is zero: it joins the denominator alone, as the partial <c>(sinkLogit, 1, 0)</c> that is merged last.
    /// The default, -infinity, is no such key.
    /// </param>
    /// <returns>The natural log-sum-exp, the sink logit among it.</returns>
    public static float Finish(Partial partial, int row, Span<float> output, float sinkLogit = float.NegativeInfinity)
    {
        float max = partial.Max[row];
        if (max == float.NegativeInfinity)
        {
            output[..partial.ValueWidth].Clear();
            return sinkLogit;
        }

        var acc = new ReadOnlySpan<float>(partial.Accumulator + ((long)row * partial.Stride), partial.ValueWidth);
        float sum = partial.Sum[row];
        (double shift, double rest) = partial.HasShift ? (partial.Shift[row], partial.ShiftRest[row]) : (0, 0);
        if ((shift != 0 || rest != 0) && sinkLogit != float.NegativeInfinity)
        {
            double lead = max + rest + (shift - sinkLogit);
            (float weight, float sinkWeight) = Weights(lead);
            TensorPrimitives.Multiply(acc, weight, output);
            acc = output[..partial.ValueWidth];
            sum = (sum * weight) + sinkWeight;
            if (lead < 0)
                (max, shift, rest) = (sinkLogit, 0, 0);
        }
        else if (sinkLogit != float.NegativeInfinity)
        {
            float joint = max > sinkLogit ? max : sinkLogit;
            float weight = PowerOfTwo.Weight(max, joint);
            TensorPrimitives.Multiply(acc, weight, output);
            acc = output[..partial.ValueWidth];
            (max, sum) = (joint, (sum * weight) + PowerOfTwo.Weight(sinkLogit, joint));
        }

        TensorPrimitives.Divide(acc, sum, output);
        return float.IsFinite(sum) ? (float)(shift + (rest + (max + NaturalLog.Of(sum)))) : float.NaN;
    }

    /// <summary>The weights of two maxima, of which the first is so far above the second; one of them is 1.</summary>
    private static (float First, float Second) Weights(double lead) =>
        (lead >= 0 ? 1f : PowerOfTwo.Weight((float)lead, 0f), lead <= 0 ? 1f : PowerOfTwo.Weight((float)-lead, 0f));
}
