using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Measuring;

/// <summary>Random K and V, packed into a plan's segments as workers hold them.</summary>
internal sealed class PackedContext : IDisposable
{
    private readonly int _segmentCount;
    private readonly PackedSegment[] _segments;

    /// <summary>Makes and packs the numbers.</summary>
    /// <param name="plan">A job over the context; any other over as many keys, heads and columns can use it too.</param>
    /// <param name="team">The threads that do it.</param>
    public PackedContext(AttentionPlan plan, ThreadTeam team)
    {
        _segmentCount = plan.SegmentCount;
        _segments = new PackedSegment[plan.Shape.KvHeads * _segmentCount];
        float[][] rows = [.. Enumerable.Range(0, team.Threads).Select(_ => new float[ScratchFloats(plan)])];
        team.Share(_segments.Length, (thread, index) => _segments[index] = Pack(plan, index, rows[thread]));
    }

    /// <summary>Bytes of the packed K and V.</summary>
    public long ByteLength => _segments.Sum(segment => segment.ByteLength);

    /// <summary>Bytes that K and V will take when they are packed.</summary>
    public static long ByteLengthOf(AttentionPlan plan) =>
        plan.Shape.KvHeads * Enumerable.Range(0, plan.SegmentCount).Sum(number =>
            PackedSegment.ByteLengthOf(plan.SegmentKeys(number).Count, plan.Shape.KeyWidth, plan.Shape.ValueWidth));

    /// <summary>Bytes that are needed besides while K and V are packed.</summary>
    public static long ScratchByteLengthOf(AttentionPlan plan, int threads) => threads * sizeof(float) * ScratchFloats(plan);

    /// <summary>One segment of one head.</summary>
    public PackedSegment Segment(int head, int number) => _segments[(head * _segmentCount) + number];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PackedSegment segment in _segments)
            segment.Dispose();
    }

    /// <summary>Floats of a segment's K or V, whichever is wider.</summary>
    private static long ScratchFloats(AttentionPlan plan) =>
        (long)plan.SegmentKeys(0).Count * Math.Max(plan.Shape.KeyWidth, plan.Shape.ValueWidth);

    /// <summary>The one place that decides how K and V are held.</summary>
    private static PackedSegment Pack(AttentionPlan plan, int index, Span<float> scratch)
    {
        AttentionShape shape = plan.Shape;
        (int head, int number) = Math.DivRem(index, plan.SegmentCount);
        KeyRange keys = plan.SegmentKeys(number);
        var segment = new PackedSegment(keys.Start, keys.Count, shape.KeyWidth, shape.ValueWidth);
        Span<float> rows = scratch[..(keys.Count * shape.KeyWidth)];
        StandardNormal.Fill(1, "k", shape.Key, shape.Key.RowOffset(0, head, keys.Start), rows);
        segment.PackKeys(0, rows);
        rows = scratch[..(keys.Count * shape.ValueWidth)];
        StandardNormal.Fill(1, "v", shape.Value, shape.Value.RowOffset(0, head, keys.Start), rows);
        segment.PackValues(0, rows);
        return segment;
    }
}
