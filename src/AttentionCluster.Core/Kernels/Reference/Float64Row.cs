using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels.Reference;

/// <summary>
/// The partial of one row of a task, computed in float64: what the reference kernel makes of every row, and the fast ones of a row whose
/// products or sums float32 can't hold. The same bits on every machine.
/// </summary>
/// <param name="task">The task.</param>
internal sealed unsafe class Float64Row(KernelTask task)
{
    /// <summary>Weighted sums stay below this, so that those of all segments can be added in float32.</summary>
    internal const double SumMax = (double)(1UL << 50) * (1UL << 50);

    /// <summary>A running maximum may be rounded by so much with the sums taken relative to it: they stay within float32.</summary>
    private const double RoundingMax = 16;

    private const double Ln2 = 0.69314718055994531;

    private readonly PackedRows _keys = new(task.Segment.KeyWidth, task.Segment.Key);
    private readonly PackedRows _values = new(task.Segment.ValueWidth, task.Segment.Value);
    private readonly double[] _accumulator = new double[task.Segment.ValueWidth];

    /// <summary>Computes a row.</summary>
    /// <param name="head">Of the group.</param>
    /// <param name="row">Counted from the task's first row.</param>
    /// <param name="result">Where the row's partial goes.</param>
    internal void Compute(int head, int row, Partial result)
    {
        int at = (head * task.Rows) + row;
        var query = new ReadOnlySpan<float>(task.Queries + ((long)at * task.Segment.KeyWidth), task.Segment.KeyWidth);
        ReferenceState state = ReferenceAttention.Accumulate(query, _keys, _values, RuleOf(head, row), _accumulator);
        (float max, double rest, double factor) =
            state.Max == double.NegativeInfinity ? (float.NegativeInfinity, 0, 1) : Relative(state, result.HasShift);
        result.Max[at] = max;
        result.Sum[at] = (float)(state.Sum * factor);
        if (result.HasShift)
            (result.Shift[at], result.ShiftRest[at]) = (state.Bias.Element, state.Bias.Slope + rest);
        for (int d = 0; d < _accumulator.Length; d++)
            result.Accumulator[((long)at * result.Stride) + d] = (float)(_accumulator[d] * factor);
    }

    /// <summary>
    /// What sums are taken relative to. Any number does, if maximum and sums agree: a larger one makes weighted sums smaller where values
    /// are so large that float32 could not hold them.
    /// </summary>
    private (float Max, double Remainder, double Factor) Relative(in ReferenceState state, bool hasShift)
    {
        double largest = 0;
        foreach (double element in _accumulator)
            largest = Math.Max(largest, Math.Abs(element));
        double exact = state.Max, factor = 1;
        if (double.IsFinite(largest) && largest >= SumMax)
        {
            int powers = Math.ILogB(largest / SumMax) + 1;
            (exact, factor) = (exact + (powers * Ln2), Math.ScaleB(1, -powers));
        }

        float max = (float)exact;
        if (hasShift)
        {
            max = float.IsInfinity(max) ? 0 : max;
            return (max, exact - max, factor);
        }

        // A maximum that float32 can't hold is no maximum.
        return float.IsInfinity(max) ? (float.NaN, 0, double.NaN)
            : Math.Abs(exact - max) <= RoundingMax ? (max, 0, factor * NaturalExponential.Of(exact - max))
            : (max, 0, factor);
    }

    private RowRule RuleOf(int head, int row) => new(task.VisibleTo(row), task.Scale)
    {
        IsVisible = task.IsBand ? null : key => task.IsVisible(head, row, key),
        Softcap = task.Bias.Softcap,
        Bias = task.Bias.Adds ? key => task.Added(head, row, key) : null,
    };

    private sealed class PackedRows(int width, Func<int, int, float> element) : IRows
    {
        private readonly float[] _row = new float[width];

        public ReadOnlySpan<float> Row(int index)
        {
            for (int d = 0; d < _row.Length; d++)
                _row[d] = element(index, d);
            return _row;
        }
    }
}
