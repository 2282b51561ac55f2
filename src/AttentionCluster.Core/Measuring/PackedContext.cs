using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Measuring;

/// <summary>Random K and V, packed into a plan's segments as workers hold them.</summary>
internal sealed class PackedContext : IDisposable
{
    private readonly ElementType _type;
    private readonly int _segmentCount;
    private readonly PackedSegment[] _segments;

    /// <summary>Makes and packs the numbers.</summary>
    /// <param name="plan">A job over the context; any other over as many keys, heads and columns can use it too.</param>
    /// <param name="team">The threads that do it.</param>
    /// <param name="type">How elements are held.</param>
    public PackedContext(AttentionPlan plan, ThreadTeam team, ElementType type = ElementType.Float32)
    {
        _type = type;
        _segmentCount = plan.SegmentCount;
        _segments = new PackedSegment[plan.Shape.KvHeads * _segmentCount];
        float[][] rows = [.. Enumerable.Range(0, team.Threads).Select(_ => new float[ScratchElements(plan)])];
        byte[][] stored = [.. Enumerable.Range(0, team.Threads).Select(_ => new byte[ScratchElements(plan) * type.ByteSize()])];
        team.Share(_segments.Length, (thread, index) => _segments[index] = Pack(plan, index, rows[thread], stored[thread]));
    }

    /// <summary>Bytes of the packed K and V.</summary>
    public long ByteLength => _segments.Sum(segment => segment.ByteLength);

    /// <summary>Bytes that K and V will take when they are packed.</summary>
    public static long ByteLengthOf(AttentionPlan plan, ElementType type = ElementType.Float32) =>
        plan.Shape.KvHeads * Enumerable.Range(0, plan.SegmentCount).Sum(number =>
            PackedSegment.ByteLengthOf(plan.SegmentKeys(number).Count, plan.Shape.KeyWidth, plan.Shape.ValueWidth, type, type));

    /// <summary>Bytes that are needed besides while K and V are packed.</summary>
    public static long ScratchByteLengthOf(AttentionPlan plan, int threads, ElementType type = ElementType.Float32) =>
        threads * (sizeof(float) + type.ByteSize()) * ScratchElements(plan);

    /// <summary>One segment of one head.</summary>
    public PackedSegment Segment(int head, int number) => _segments[(head * _segmentCount) + number];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PackedSegment segment in _segments)
            segment.Dispose();
    }

    /// <summary>Elements of a segment's K or V, whichever is wider.</summary>
    private static long ScratchElements(AttentionPlan plan) =>
        (long)plan.SegmentKeys(0).Count * Math.Max(plan.Shape.KeyWidth, plan.Shape.ValueWidth);

    /// <summary>The one place that decides how K and V are held.</summary>
    private PackedSegment Pack(AttentionPlan plan, int index, Span<float> scratch, Span<byte> stored)
    {
        AttentionShape shape = plan.Shape;
        (int head, int number) = Math.DivRem(index, plan.SegmentCount);
        KeyRange keys = plan.SegmentKeys(number);
        var segment = new PackedSegment(keys.Start, keys.Count, shape.KeyWidth, shape.ValueWidth, _type, _type,
            plan.Options.Kernel.Resolve(out _).PackedColumns());
        segment.PackKeys(0, Rows("k", shape.Key, head, keys, scratch, stored));
        segment.PackValues(0, Rows("v", shape.Value, head, keys, scratch, stored));
        return segment;
    }

    private ReadOnlySpan<byte> Rows(string name, TensorShape tensor, int head, KeyRange keys, Span<float> scratch, Span<byte> stored)
    {
        Span<float> rows = scratch[..(keys.Count * tensor.Width)];
        StandardNormal.Fill(1, name, tensor, tensor.RowOffset(0, head, keys.Start), rows);
        Span<byte> bytes = stored[..(rows.Length * _type.ByteSize())];
        _type.FromSingle(rows, bytes);
        return bytes;
    }
}
