using System.Runtime.Intrinsics;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;
using BenchmarkDotNet.Attributes;

namespace AttentionCluster.Benchmarks.Micro;

/// <summary>
/// The softmax pass over the scores of one query tile, which lie in the level-2 cache as they do in the kernel. Each run starts from
/// the weights of the one before: numbers from 0 to 1, which are as good scores as any.
/// </summary>
public unsafe class SoftmaxBenchmarks : IDisposable
{
    private const int Scores = TileGeometry.Rows * TileGeometry.Keys;

    private readonly NativeBuffer _scores = new(sizeof(float) * (long)Scores);
    private readonly float[] _max = new float[TileGeometry.Rows];
    private readonly float[] _sum = new float[TileGeometry.Rows];

    [GlobalSetup]
    public void Fill() => StandardNormal.Fill(1, "scores", new TensorShape(1, 1, TileGeometry.Rows, TileGeometry.Keys), 0, _scores.FloatSpan(0, Scores));

    [Benchmark, Floats(Scores)]
    public void Avx512() => Pass<Vector512<float>, Avx512Simd>(KernelPath.Avx512);

    [Benchmark, Floats(Scores)]
    public void Avx2() => Pass<Vector256<float>, Avx2Simd>(KernelPath.Avx2);

    [Benchmark, Floats(Scores)]
    public void Portable() => Pass<Vector128<float>, PortableSimd>(KernelPath.Portable);

    [GlobalCleanup]
    public void Dispose()
    {
        _scores.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Pass<TVector, TSimd>(KernelPath path)
        where TVector : struct
        where TSimd : struct, ISimd<TVector>
    {
        if (!KernelPaths.IsSupported(path))
            throw new PlatformNotSupportedException(path.Name());
        Array.Fill(_max, float.NegativeInfinity);
        fixed (float* max = _max, sum = _sum)
        {
            float rescale;
            for (int row = 0; row < TileGeometry.Rows; row++)
            {
                float* scores = _scores.Floats + (row * TileGeometry.Keys);
                float largest = SoftmaxRow<TVector, TSimd>.Largest(scores, TileGeometry.Keys, max[row]);
                SoftmaxRow<TVector, TSimd>.Weigh(scores, TileGeometry.Keys, 1, largest, max + row, sum + row, &rescale);
            }
        }
    }
}
