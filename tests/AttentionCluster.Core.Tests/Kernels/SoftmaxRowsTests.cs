using System.Runtime.Intrinsics;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Forward;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Kernels.Simd;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>The softmax of rows side by side beside that of the same rows one by one.</summary>
public sealed unsafe class SoftmaxRowsTests : IDisposable
{
    private const int Rows = SoftmaxRows<Vector512<float>, Avx512Simd>.Count;

    /// <summary>Scores of the rows, then four numbers a row: maximum, sum, factor, new maximum.</summary>
    private readonly NativeBuffer _together = new(Bytes), _single = new(Bytes);

    private static long Bytes => sizeof(float) * ((Rows * TileGeometry.Keys) + (4L * Rows));

    [SkippableTheory]
    [InlineData(16)]
    [InlineData(48)]
    [InlineData(512)]
    public void It_gives_the_bits_of_rows_one_by_one(int count)
    {
        Skip.IfNot(KernelPaths.IsSupported(KernelPath.Avx512), "this machine has no avx512");
        var random = new Random(count);
        for (int turn = 0; turn < 50; turn++)
        {
            float spread = MathF.Exp((random.NextSingle() * 12f) - 4f);
            for (int i = 0; i < Rows * TileGeometry.Keys; i++)
                _single.Floats[i] = random.Next(10) == 0 ? float.NegativeInfinity : ((random.NextSingle() * 2f) - 1f) * spread;
            for (int row = 0; row < Rows; row++)
            {
                // Every row sees a key, as the caller makes sure; before, it may have seen none, smaller ones, or one that may stay its
                // largest.
                _single.Floats[row * TileGeometry.Keys] = random.NextSingle();
                Max(_single)[row] = random.Next(3) switch { 0 => float.NegativeInfinity, 1 => 2 * spread, _ => -spread };
                Sum(_single)[row] = float.IsNegativeInfinity(Max(_single)[row]) ? 0 : 1 + random.NextSingle();
            }

            Buffer.MemoryCopy(_single.Pointer, _together.Pointer, Bytes, Bytes);
            float power = 0.01f + random.NextSingle();

            for (int row = 0; row < Rows; row++)
            {
                float* scores = _single.Floats + (row * TileGeometry.Keys);
                NewMax(_single)[row] = SoftmaxRow<Vector512<float>, Avx512Simd>.Max(scores, count, Max(_single)[row]);
                SoftmaxRow<Vector512<float>, Avx512Simd>.ExpAndSum(
                    scores, count, power, NewMax(_single)[row], Max(_single) + row, Sum(_single) + row, Factor(_single) + row);
            }

            SoftmaxRows<Vector512<float>, Avx512Simd>.Max(_together.Floats, count, Max(_together), NewMax(_together));
            SoftmaxRows<Vector512<float>, Avx512Simd>.ExpAndSum(
                _together.Floats, count, power, NewMax(_together), Max(_together), Sum(_together), Factor(_together));

            Assert.Equal(Bits(_single), Bits(_together));
        }
    }

    [SkippableFact]
    public void A_row_with_a_NaN_becomes_NaN_and_its_neighbours_do_not()
    {
        Skip.IfNot(KernelPaths.IsSupported(KernelPath.Avx512), "this machine has no avx512");
        _together.Clear();
        new Span<float>(Max(_together), Rows).Fill(float.NegativeInfinity);
        _together.Floats[TileGeometry.Keys + 5] = float.NaN;

        SoftmaxRows<Vector512<float>, Avx512Simd>.Max(_together.Floats, TileGeometry.Keys, Max(_together), NewMax(_together));
        SoftmaxRows<Vector512<float>, Avx512Simd>.ExpAndSum(
            _together.Floats, TileGeometry.Keys, 1, NewMax(_together), Max(_together), Sum(_together), Factor(_together));

        Assert.Equal([TileGeometry.Keys, float.NaN, TileGeometry.Keys, TileGeometry.Keys],
            new ReadOnlySpan<float>(Sum(_together), Rows).ToArray());
    }

    public void Dispose()
    {
        _together.Dispose();
        _single.Dispose();
    }

    private static float* Max(NativeBuffer buffer) => buffer.Floats + (Rows * TileGeometry.Keys);

    private static float* Sum(NativeBuffer buffer) => Max(buffer) + Rows;

    private static float* Factor(NativeBuffer buffer) => Sum(buffer) + Rows;

    private static float* NewMax(NativeBuffer buffer) => Factor(buffer) + Rows;

    private static int[] Bits(NativeBuffer buffer) => new ReadOnlySpan<int>(buffer.Pointer, (int)(Bytes / sizeof(int))).ToArray();
}
