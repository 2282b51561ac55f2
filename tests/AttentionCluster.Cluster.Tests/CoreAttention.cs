using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests;

/// <summary>A job computed by the core alone, in one loop on one thread: the bits that a cluster must give.</summary>
internal sealed unsafe class CoreAttention : IDisposable
{
    private readonly AttentionPlan _plan;
    private readonly TensorRows _query;
    private readonly TensorRows _key;
    private readonly TensorRows _value;
    private readonly Workspace _workspace = new();

    private CoreAttention(AttentionPlan plan, StoredTensor query, StoredTensor key, StoredTensor value)
    {
        _plan = plan;
        (_query, _key, _value) = (Rows(query), Rows(key), Rows(value));
    }

    /// <summary>O and LSE in the order of a result file.</summary>
    internal static (float[] Output, float[] Lse) Compute(AttentionPlan plan, StoredTensor query, StoredTensor key, StoredTensor value)
    {
        using var attention = new CoreAttention(plan, query, key, value);
        float[] output = new float[plan.Shape.Output.ElementCount];
        float[] lse = new float[output.Length / plan.Shape.ValueWidth];
        for (int index = 0; index < plan.BlockCount; index++)
            attention.Compute(plan.Block(index), output, lse);
        return (output, lse);
    }

    /// <summary>As a report has it.</summary>
    internal static string Sha256(ReadOnlySpan<float> floats) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(floats)));

    /// <summary>The partial of one block over one segment.</summary>
    internal static Partial Task(AttentionPlan plan, StoredTensor query, StoredTensor key, StoredTensor value, QueryBlock block,
        int segment)
    {
        using var attention = new CoreAttention(plan, query, key, value);
        return attention.Leaf(block, segment);
    }

    private static TensorRows Rows(StoredTensor tensor) => new(tensor.File.Bytes(tensor.Entry), tensor.Entry.Type, tensor.Shape);

    public void Dispose()
    {
        _workspace.Dispose();
    }

    private void Compute(QueryBlock block, float[] output, float[] lse)
    {
        using Partial partial =
            Node(block, level: 31, index: 0) ?? new Partial(_plan.PartialRows(block), _plan.Shape.ValueWidth, _plan.PartialsHaveShift);
        TensorShape shape = _plan.Shape.Output;
        for (int row = 0; row < _plan.PartialRows(block); row++)
        {
            int head = (block.KvHead * _plan.Shape.GroupSize) + (row / block.Rows);
            long first = shape.RowOffset(block.Batch, head, block.FirstRow + (row % block.Rows));
            lse[first / shape.Width] = PartialAlgebra.Finish(partial, row, output.AsSpan((int)first, shape.Width));
        }
    }

    /// <summary>The canonical tree by its definition: a node covers the segments from <c>index * 2^level</c> on.</summary>
    private Partial? Node(in QueryBlock block, int level, long index)
    {
        if (index << level >= block.Segments.End || (index + 1) << level <= block.Segments.Start)
            return null;
        if (level == 0)
            return Leaf(block, (int)index);
        Partial? left = Node(block, level - 1, 2 * index);
        Partial? right = Node(block, level - 1, (2 * index) + 1);
        if (left is null || right is null)
            return left ?? right;
        using (right)
            PartialAlgebra.Merge(left, right);
        return left;
    }

    private Partial Leaf(in QueryBlock block, int segment)
    {
        KeyRange keys = _plan.SegmentKeys(segment);
        using var packed = new PackedSegment(keys.Start, keys.Count, _plan.Shape.KeyWidth, _plan.Shape.ValueWidth,
            columns: _plan.Options.Kernel.Resolve(out _).PackedColumns());
        for (int key = 0; key < keys.Count; key++)
        {
            packed.PackKeys(key, _key.Head(block.Batch, block.KvHead).Row(keys.Start + key));
            packed.PackValues(key, _value.Head(block.Batch, block.KvHead).Row(keys.Start + key));
        }

        int group = _plan.Shape.GroupSize;
        int width = _plan.Shape.KeyWidth;
        using var queries = new NativeBuffer(sizeof(float) * (long)group * block.Rows * width);
        for (int row = 0; row < group * block.Rows; row++)
        {
            IRows head = _query.Head(block.Batch, (block.KvHead * group) + (row / block.Rows));
            head.Row(block.FirstRow + (row % block.Rows)).CopyTo(queries.FloatSpan((long)row * width, width));
        }

        var partial = new Partial(group * block.Rows, _plan.Shape.ValueWidth, _plan.PartialsHaveShift);
        var task = new KernelTask(queries.Floats, group, block.FirstRow, block.Rows, _plan.Scale, _plan.Mask, packed);
        KernelPaths.Create(_plan.Options.Kernel.Resolve(out _)).Compute(task, _workspace, partial, CancellationToken.None);
        return partial;
    }
}
