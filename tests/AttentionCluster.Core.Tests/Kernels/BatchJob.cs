using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Attention;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>A job with its result, of which parts can be computed alone: some batch entries, some heads, some rows.</summary>
internal sealed class BatchJob : IDisposable
{
    private const double Hidden = double.NegativeInfinity;

    private readonly AttentionProblem _whole;
    private readonly AttentionResult _result;
    private readonly KernelPath _path;
    private readonly double[]? _mask;

    /// <summary>Computes the whole.</summary>
    /// <param name="path">By this path, and the parts too.</param>
    /// <param name="one">The shapes and options.</param>
    /// <param name="type">Of K and V as they are stored.</param>
    /// <param name="isMasked">With a mask of numbers for each batch entry, row and key. Then rows may be taken in any order, and without
    /// causality or a window only.</param>
    public BatchJob(KernelPath path, AttentionCase one, ElementType type, bool isMasked)
    {
        AttentionProblem problem = AttentionProblem.Random(one);
        _whole = problem with
        {
            Key = [.. problem.Key.Select(Stored.Exact)],
            Value = [.. problem.Value.Select(Stored.Exact)],
            KeyType = type,
            ValueType = type
        };
        _path = path;
        if (isMasked)
        {
            var random = new Random(7);
            _mask = [.. Enumerable.Range(0, one.Batch * one.Queries * one.Keys)
                .Select(_ => random.Next(3) == 0 ? Hidden : random.Next(-64, 64) / 16.0)];
            _whole = _whole with { Auxiliary = Mask(_whole.Shape, one.Options, _mask) };
        }

        _result = WholeAttention.Compute(_whole, path);
    }

    /// <summary>Its shape.</summary>
    public AttentionShape Shape => _whole.Shape;

    public void Dispose() => _whole.Auxiliary?.Dispose();

    /// <summary>Computes a part alone.</summary>
    /// <param name="batches">Batch entries, in any order.</param>
    /// <param name="kvHeads">KV heads, in any order.</param>
    /// <param name="members">Of each group: which of its query heads.</param>
    /// <param name="rows">Query rows: in any order of a masked job, else neighbours.</param>
    /// <param name="rowsPerBlock">Rows of a block.</param>
    /// <returns>The first row whose bits are not those that it has in the whole; null without one.</returns>
    public string? FirstDifference(int[] batches, int[] kvHeads, int[] members, int[] rows, int rowsPerBlock)
    {
        int[] heads = [.. kvHeads.SelectMany(kvHead => members.Select(member => (kvHead * Shape.GroupSize) + member))];
        AttentionOptions options = _whole.Case.Options with { RowsPerBlock = rowsPerBlock };
        if (_mask is null)
            options = options with { Offset = _whole.Case.Options.OffsetFor(Shape) + rows[0] };
        var one = new AttentionCase(rows.Length, Shape.Keys, Shape.KeyWidth, Shape.ValueWidth)
        {
            Batch = batches.Length,
            QueryHeads = heads.Length,
            KvHeads = kvHeads.Length,
            Options = options,
        };
        int[] keys = [.. Enumerable.Range(0, Shape.Keys)];
        var part = new AttentionProblem(
            one, Take(_whole.Query, Shape.Query, batches, heads, rows), Take(_whole.Key, Shape.Key, batches, kvHeads, keys),
            Take(_whole.Value, Shape.Value, batches, kvHeads, keys))
        {
            KeyType = _whole.KeyType,
            ValueType = _whole.ValueType,
        };
        using AuxiliaryProblem? auxiliary =
            _mask is null ? null : Mask(one.Shape, options, [.. batches.SelectMany(batch => rows.SelectMany(row =>
            new ArraySegment<double>(_mask, ((batch * Shape.QueryRows) + row) * Shape.Keys, Shape.Keys)))]);
        AttentionResult result = WholeAttention.Compute(part with { Auxiliary = auxiliary }, _path);
        foreach ((int batch, int head, int row) in result.Rows)
        {
            (int wholeBatch, int wholeHead, int wholeRow) = (batches[batch], heads[head], rows[row]);
            if (!result.RowBits(batch, head, row).AsSpan().SequenceEqual(_result.RowBits(wholeBatch, wholeHead, wholeRow)))
                return $"row {wholeRow} of head {wholeHead} of batch entry {wholeBatch} in {batches.Length} entries of {heads.Length} "
                    + $"heads of {rows.Length} rows, blocks of {rowsPerBlock}";
        }

        return null;
    }

    private static AuxiliaryProblem Mask(AttentionShape shape, AttentionOptions options, double[] mask) =>
        AuxiliaryProblem.Of(shape, options, ("mask", ElementType.Float32, [shape.Batch, 1, shape.QueryRows, shape.Keys], mask));

    private static float[] Take(float[] tensor, TensorShape shape, int[] batches, int[] heads, int[] rows) =>
        [.. batches.SelectMany(batch => heads.SelectMany(head => rows.SelectMany(row =>
            new ArraySegment<float>(tensor, (int)shape.RowOffset(batch, head, row), shape.Width))))];
}
