using System.Runtime.Intrinsics;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Forward;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Kernels.Simd;
using AttentionCluster.Core.Numerics;
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
    private readonly float[] _newMax = new float[TileGeometry.Rows];
    private readonly float[] _factors = new float[TileGeometry.Rows];

    [GlobalSetup]
    public void Fill() =>
        StandardNormal.Fill(1, "scores", new TensorShape(1, 1, TileGeometry.Rows, TileGeometry.Keys), 0, _scores.FloatSpan(0, Scores));

    [Benchmark, Floats(Scores)]
    public void Avx512() => Pass<Vector512<float>, Avx512Simd>(KernelPath.Avx512);

    [Benchmark, Floats(Scores)]
    public void Avx2() => Pass<Vector256<float>, Avx2Simd>(KernelPath.Avx2);

    [Benchmark, Floats(Scores)]
    public void Portable() => Pass<Vector128<float>, PortableSimd<SeparateMultiplyAdd>>(KernelPath.Portable);

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
        fixed (float* max = _max, sum = _sum, newMax = _newMax, factors = _factors)
        {
            for (int row = 0; row < TileGeometry.Rows; row += SoftmaxRows<TVector, TSimd>.Count)
            {
                float* scores = _scores.Floats + (row * TileGeometry.Keys);
                if (SoftmaxRows<TVector, TSimd>.IsSupported)
                {
                    SoftmaxRows<TVector, TSimd>.Max(scores, TileGeometry.Keys, max + row, newMax + row);
                    SoftmaxRows<TVector, TSimd>.ExpAndSum(scores, TileGeometry.Keys, 1, newMax + row, max + row, sum + row, factors + row);
                    continue;
                }

                int end = row + SoftmaxRows<TVector, TSimd>.Count;
                for (int r = row; r < end; r++)
                    newMax[r] = SoftmaxRow<TVector, TSimd>.Max(_scores.Floats + (r * TileGeometry.Keys), TileGeometry.Keys, max[r]);
                for (int r = row; r < end; r++)
                    SoftmaxRow<TVector, TSimd>.ExpAndSum(_scores.Floats + (r * TileGeometry.Keys), TileGeometry.Keys, 1, newMax[r], max
                        + r, sum + r, factors + r);
            }
        }
    }
}
