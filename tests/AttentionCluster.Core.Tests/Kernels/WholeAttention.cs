using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>
/// A whole job in one thread, by the pieces of Core alone: plan, packed segments, a kernel call for each task, merges in the tree's
/// order, finish.
/// </summary>
internal sealed unsafe class WholeAttention : IDisposable
{
    private readonly AttentionProblem _problem;
    private readonly AttentionPlan _plan;
    private readonly IAttentionKernel _kernel;
    private readonly Workspace _workspace;
    private readonly int _columns;
    private readonly Dictionary<(int Batch, int KvHead, int Segment), PackedSegment> _segments = [];

    private WholeAttention(AttentionProblem problem, KernelPath kernel, Workspace workspace, int? columns)
    {
        _problem = problem;
        _plan = problem.Plan;
        _kernel = KernelPaths.Create(kernel);
        _workspace = workspace;
        _columns = columns ?? kernel.PackedColumns();
    }

    /// <summary>Computes a problem.</summary>
    /// <param name="problem">What to compute.</param>
    /// <param name="kernel">Computes, whatever its options say.</param>
    /// <param name="arrivalSeed">Tasks of a block are computed in an order that is drawn from it; ascending without.</param>
    /// <param name="workspace">One that was used before; a new one without.</param>
    /// <param name="columns">How K and V are laid out; without, as suits the kernel.</param>
    public static AttentionResult Compute(
        AttentionProblem problem, KernelPath kernel, int? arrivalSeed = null, Workspace? workspace = null, int? columns = null)
    {
        using Workspace? own = workspace is null ? new Workspace() : null;
        using var whole = new WholeAttention(problem, kernel, workspace ?? own!, columns);
        var result = AttentionResult.Of(problem.Shape);
        for (int index = 0; index < whole._plan.BlockCount; index++)
            whole.ComputeBlock(whole._plan.Block(index), arrivalSeed, result);
        return result;
    }

    public void Dispose()
    {
        foreach (PackedSegment segment in _segments.Values)
            segment.Dispose();
    }

    private void ComputeBlock(in QueryBlock block, int? arrivalSeed, AttentionResult result)
    {
        using NativeBuffer queries = Queries(block);
        using Partial complete = block.Segments.IsEmpty
            ? new Partial(_plan.PartialRows(block), _plan.Shape.ValueWidth, _plan.PartialsHaveShift)
            : MergeSegments(block, queries, Order([.. _plan.SegmentsOf(block)], arrivalSeed));
        for (int head = 0; head < _plan.Shape.GroupSize; head++)
        {
            for (int row = 0; row < block.Rows; row++)
            {
                int queryHead = (block.KvHead * _plan.Shape.GroupSize) + head;
                result.LseOf(block.Batch, queryHead, block.FirstRow + row) = PartialAlgebra.Finish(
                    complete, (head * block.Rows) + row, result.OutputRow(block.Batch, queryHead, block.FirstRow + row),
                    _problem.Auxiliary?.Tensors.SinkLogits?[queryHead] ?? float.NegativeInfinity);
            }
        }
    }

    private Partial MergeSegments(in QueryBlock block, NativeBuffer queries, int[] order)
    {
        var partials = new Dictionary<TreeNode, Partial>();
        var progress = new MergeProgress(new MergeTree(order.Order().ToArray()));
        foreach (int segment in order)
        {
            var partial = new Partial(_plan.PartialRows(block), _plan.Shape.ValueWidth, _plan.PartialsHaveShift);
            using var auxiliary = new TaskTensors(_plan.SliceOf(block, segment));
            _problem.Auxiliary?.Fill(auxiliary, _plan.SliceOf(block, segment), block.Batch, block.KvHead);
            var task = new KernelTask(
                queries.Floats, _plan.Shape.GroupSize, block.FirstRow, block.Rows, _plan.Scale,
                    auxiliary.Complete(_plan.Rules.RangeOf(block.Batch)),
                Packed(block.Batch, block.KvHead, segment), auxiliary.Complete(_plan.Rules.ScoreModifierOf(block.Batch)));
            _kernel.Compute(task, _workspace, partial, CancellationToken.None);
            partials.Add(TreeNode.Leaf(segment), partial);
            foreach (MergeStep step in progress.Add(TreeNode.Leaf(segment)))
            {
                PartialAlgebra.Merge(partials[step.Left], partials[step.Right]);
                partials[step.Right].Dispose();
                partials.Remove(step.Right);
                partials.Remove(step.Left, out Partial? merged);
                partials.Add(step.Parent, merged!);
            }
        }

        return partials.Values.Single();
    }

    private NativeBuffer Queries(in QueryBlock block)
    {
        int length = block.Rows * _plan.Shape.KeyWidth;
        var queries = new NativeBuffer((long)sizeof(float) * length * _plan.Shape.GroupSize);
        for (int head = 0; head < _plan.Shape.GroupSize; head++)
        {
            long first = _plan.Shape.Query.RowOffset(block.Batch, (block.KvHead * _plan.Shape.GroupSize) + head, block.FirstRow);
            _problem.Query.AsSpan((int)first, length).CopyTo(queries.FloatSpan((long)head * length, length));
        }

        return queries;
    }

    private PackedSegment Packed(int batch, int kvHead, int segment)
    {
        if (_segments.TryGetValue((batch, kvHead, segment), out PackedSegment? packed))
            return packed;
        KeyRange keys = _plan.SegmentKeys(segment);
        packed = new PackedSegment(
            keys.Start, keys.Count, _plan.Shape.KeyWidth, _plan.Shape.ValueWidth, _problem.KeyType, _problem.ValueType, _columns);
        packed.PackKeys(0, Stored.From(RowsOf(_problem.Key, _plan.Shape.Key, batch, kvHead, keys), _problem.KeyType));
        packed.PackValues(0, Stored.From(RowsOf(_problem.Value, _plan.Shape.Value, batch, kvHead, keys), _problem.ValueType));
        _segments.Add((batch, kvHead, segment), packed);
        return packed;
    }

    private static ReadOnlySpan<float> RowsOf(float[] tensor, in TensorShape shape, int batch, int head, KeyRange keys) =>
        tensor.AsSpan((int)shape.RowOffset(batch, head, keys.Start), keys.Count * shape.Width);

    private static int[] Order(int[] order, int? seed)
    {
        if (seed is { } value)
            new Random(value).Shuffle(order);
        return order;
    }
}
