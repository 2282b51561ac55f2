using System.Numerics.Tensors;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Reference;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>
/// Every row of the output in float64, in two passes: the same formula as <see cref="ReferenceAttention"/>, by vectors and on all
/// processors, and compared with it on some rows.
/// </summary>
internal sealed unsafe class ExpectedOutput
{
    /// <summary>Rows that pass over K and V together, so that each key is fetched once for all of them.</summary>
    private const int BlockRows = 8;

    /// <summary>Rows of each head that are compared.</summary>
    private const int RowsCompared = 3;

    /// <summary>
    /// Orders of summation differ, each sum of at most 2^14 terms: far above what rounding can do, far below any float32 error.
    /// </summary>
    private const double DifferenceMax = 1e-11;

    private readonly PeerProblem _problem;
    private readonly double[] _output;

    /// <summary>Computes it.</summary>
    /// <exception cref="InvalidOperationException">It differs from the reference.</exception>
    public ExpectedOutput(PeerProblem problem)
    {
        _problem = problem;
        _output = new double[problem.Plan.Shape.Output.ElementCount];
        for (int kvHead = 0; kvHead < problem.Plan.Shape.KvHeads; kvHead++)
        {
            double[] keys = ToDoubles(problem.Head(problem.Key, kvHead)), values = ToDoubles(problem.Head(problem.Value, kvHead));
            for (int i = 0; i < problem.Plan.Shape.GroupSize; i++)
                ComputeHead((kvHead * problem.Plan.Shape.GroupSize) + i, keys, values);
        }

        CompareWithReference();
    }

    /// <summary>A row: <c>Dv</c> numbers.</summary>
    public Span<double> Row(int head, int row) =>
        _output.AsSpan((int)_problem.Plan.Shape.Output.RowOffset(0, head, row), _problem.Width);

    private void ComputeHead(int head, double[] keys, double[] values)
    {
        double[] queries = ToDoubles(_problem.Head(_problem.Query, head));
        TensorPrimitives.Multiply(queries, _problem.Plan.Scale, queries);
        int blocks = (_problem.Rows + BlockRows - 1) / BlockRows;
        Parallel.For(0, blocks, () => new double[BlockRows * _problem.Rows], (block, _, weights) =>
        {
            ComputeBlock(head, block * BlockRows, queries, keys, values, weights);
            return weights;
        }, _ => { });
    }

    private void ComputeBlock(int head, int firstRow, double[] queries, double[] keys, double[] values, double[] weights)
    {
        (int width, int length) = (_problem.Width, _problem.Rows);
        int endRow = Math.Min(firstRow + BlockRows, length);
        KeyRange any = _problem.Plan.Mask.VisibleToAny(firstRow, endRow, length);
        for (int key = any.Start; key < any.End; key++)
        {
            ReadOnlySpan<double> k = keys.AsSpan(key * width, width);
            for (int row = firstRow; row < endRow; row++)
                weights[((row - firstRow) * length) + key] = TensorPrimitives.Dot<double>(queries.AsSpan(row * width, width), k);
        }

        for (int row = firstRow; row < endRow; row++)
        {
            // Scores of the block's other keys become weights of zero; the inputs hold no NaN or infinity that would spread.
            Span<double> all = weights.AsSpan((row - firstRow) * length, length);
            KeyRange visible = _problem.Plan.Mask.VisibleTo(row, length);
            Span<double> seen = all[visible.Start..visible.End];
            TensorPrimitives.Subtract(seen, TensorPrimitives.Max<double>(seen), seen);
            TensorPrimitives.Exp<double>(seen, seen);
            TensorPrimitives.Divide(seen, TensorPrimitives.Sum<double>(seen), seen);
            all[any.Start..visible.Start].Clear();
            all[visible.End..any.End].Clear();
        }

        for (int key = any.Start; key < any.End; key++)
        {
            ReadOnlySpan<double> v = values.AsSpan(key * width, width);
            for (int row = firstRow; row < endRow; row++)
            {
                Span<double> output = Row(head, row);
                TensorPrimitives.MultiplyAdd(v, weights[((row - firstRow) * length) + key], output, output);
            }
        }
    }

    private void CompareWithReference()
    {
        double[] reference = new double[_problem.Width];
        for (int head = 0; head < _problem.Heads; head++)
        {
            int kvHead = head / _problem.Plan.Shape.GroupSize;
            for (int i = 0; i < RowsCompared; i++)
            {
                int row = (int)((long)i * (_problem.Rows - 1) / (RowsCompared - 1));
                ReferenceAttention.Row(
                    _problem.Head(_problem.Query, head).Slice(row * _problem.Width, _problem.Width),
                    new HeadRows(_problem, _problem.Key, kvHead), new HeadRows(_problem, _problem.Value, kvHead),
                    _problem.Plan.Mask.VisibleTo(row, _problem.Rows), _problem.Plan.Scale, reference);
                TensorPrimitives.Subtract(Row(head, row), reference, reference);
                double difference = Math.Abs(TensorPrimitives.MaxMagnitude<double>(reference));
                if (!(difference <= DifferenceMax))
                    throw new InvalidOperationException(
                        $"the expected output of {_problem.Shape} is off by {difference} in row {row} of head {head}");
            }
        }
    }

    private static double[] ToDoubles(ReadOnlySpan<float> floats)
    {
        double[] doubles = new double[floats.Length];
        TensorPrimitives.ConvertTruncating(floats, doubles);
        return doubles;
    }

    private sealed class HeadRows(PeerProblem problem, NativeBuffer tensor, int head) : IRows
    {
        public ReadOnlySpan<float> Row(int index) => problem.Head(tensor, head).Slice(index * problem.Width, problem.Width);
    }
}
