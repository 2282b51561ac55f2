using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Tensors;
using BenchmarkDotNet.Attributes;

namespace AttentionCluster.Benchmarks.Micro;

/// <summary>What happens to the partials of a query block of the largest size.</summary>
public unsafe class PartialBenchmarks : IDisposable
{
    private const int Rows = JobGeometry.RowsPerBlockDefault;
    private const int Width = 128;

    private readonly Partial _into = Filled("into");
    private readonly Partial _from = Filled("from");
    private readonly float[] _output = new float[Rows * Width];

    /// <summary>Sums grow from run to run, but by no more than the number of runs.</summary>
    [Benchmark, Floats(Rows * Width)]
    public void Merge() => PartialAlgebra.Merge(_into, _from);

    [Benchmark, Floats(Rows * Width)]
    public void Finish()
    {
        for (int row = 0; row < Rows; row++)
            PartialAlgebra.Finish(_from, row, _output.AsSpan(row * Width, Width));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _into.Dispose();
        _from.Dispose();
        GC.SuppressFinalize(this);
    }

    private static Partial Filled(string name)
    {
        var partial = new Partial(Rows, Width);
        var shape = new TensorShape(1, 1, Rows, Width);
        StandardNormal.Fill(1, name, shape, 0, new Span<float>(partial.Max, Rows));
        StandardNormal.Fill(2, name, shape, 0, new Span<float>(partial.Accumulator, Rows * Width));
        new Span<float>(partial.Sum, Rows).Fill(1f);
        return partial;
    }
}
