using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels;

/// <summary>The float64 reference as a kernel path: the same contract as the fast ones, hundreds of times slower.</summary>
internal sealed unsafe class ReferenceKernel : IAttentionKernel
{
    /// <inheritdoc/>
    public void Compute(in KernelTask task, Workspace workspace, Partial result, CancellationToken cancellationToken)
    {
        PackedSegment segment = task.Segment;
        var keys = new PackedRows(segment.KeyWidth, segment.Key);
        var values = new PackedRows(segment.ValueWidth, segment.Value);
        double[] accumulator = new double[segment.ValueWidth];
        result.Reset();
        for (int head = 0; head < task.GroupSize; head++)
        {
            for (int row = 0; row < task.Rows; row++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int at = (head * task.Rows) + row;
                var query = new ReadOnlySpan<float>(task.Queries + ((long)at * segment.KeyWidth), segment.KeyWidth);
                ReferenceState state = ReferenceAttention.Accumulate(query, keys, values, RuleOf(task, head, row), accumulator, max => (float)max);
                result.Max[at] = (float)state.Max;
                result.Sum[at] = (float)state.Sum;
                for (int d = 0; d < accumulator.Length; d++)
                    result.Accumulator[((long)at * result.Stride) + d] = (float)accumulator[d];
            }
        }
    }

    private static RowRule RuleOf(KernelTask task, int head, int row) => new(task.VisibleTo(row), task.Scale)
    {
        IsVisible = task.IsBand ? null : key => task.IsVisible(head, row, key),
        Score = task.Bias.ChangesScores ? (scaled, key) => task.Score(scaled, head, row, key) : null,
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
