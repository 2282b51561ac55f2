using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;
using BenchmarkDotNet.Attributes;

namespace AttentionCluster.Benchmarks.Micro;

/// <summary>Packing a segment of the default size for the kernels.</summary>
public class PackingBenchmarks : IDisposable
{
    private const int Keys = JobGeometry.KeysPerSegmentDefault;
    private const int Width = 128;

    private readonly float[] _rows = new float[Keys * Width];
    private readonly PackedSegment _segment = new(0, Keys, Width, Width);

    [GlobalSetup]
    public void Fill() => StandardNormal.Fill(1, "k", new TensorShape(1, 1, Keys, Width), 0, _rows);

    [Benchmark, Floats(Keys * Width)]
    public void PackKeys() => _segment.PackKeys(0, _rows);

    [Benchmark, Floats(Keys * Width)]
    public void PackValues() => _segment.PackValues(0, _rows);

    [GlobalCleanup]
    public void Dispose()
    {
        _segment.Dispose();
        GC.SuppressFinalize(this);
    }
}
