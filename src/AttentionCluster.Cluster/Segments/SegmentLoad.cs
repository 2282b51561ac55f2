namespace AttentionCluster.Cluster.Segments;

/// <summary>What segments cost the worker that is their home.</summary>
/// <param name="Flops">Floating-point operations of all their tasks.</param>
/// <param name="Bytes">Memory of their packed rows.</param>
internal readonly record struct SegmentLoad(double Flops, long Bytes)
{
    public static SegmentLoad operator +(SegmentLoad left, SegmentLoad right) => new(left.Flops + right.Flops, left.Bytes + right.Bytes);

    public static SegmentLoad operator -(SegmentLoad left, SegmentLoad right) => new(left.Flops - right.Flops, left.Bytes - right.Bytes);
}
