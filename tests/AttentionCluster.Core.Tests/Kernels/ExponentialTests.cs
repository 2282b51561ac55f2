using System.Runtime.Intrinsics;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Kernels.Simd;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>The power of two that every weight comes from, by vectors of each path.</summary>
public unsafe class ExponentialTests
{
    private static readonly float[] s_edges =
    [
        0f, -0f, -float.Epsilon, -1e-40f, -1e-30f, -1e-8f, MathF.BitDecrement(-1f), -1f, MathF.BitIncrement(-1f), -125.999f, -126f,
            -126.5f, -148.9f, -149f,
        -149.5f, -150f, -150.001f, -159.9f, -160f, -160.5f, -1000f, -1e30f, float.MinValue, float.NegativeInfinity, float.NaN, 0.5f, 1f,
            26f, 26.999f, 27f,
    ];

    /// <summary>A multiple of every vector's lanes: the edges, whole numbers, and what lies between.</summary>
    private static readonly float[] s_exponents = [.. s_edges, .. Enumerable.Range(-161, 188).Select(n => (float)n), .. Between(65_318)];

    [SkippableFact]
    public void Avx512_gives_the_bits_of_avx2()
    {
        Skip.IfNot(KernelPaths.IsSupported(KernelPath.Avx512), "this machine has no avx512");

        CheckBits(Powers<Vector256<float>, Avx2Simd>(), Powers<Vector512<float>, Avx512Simd>());
    }

    [Fact]
    public void Vectors_of_the_portable_path_give_the_bits_of_scalars()
    {
        float[] scalar = [.. s_exponents.Select(PowerOfTwo.Of)];

        CheckBits(scalar, Powers<Quad, ScalarSimd<SeparateMultiplyAdd>>());
        CheckBits(scalar, Powers<Vector128<float>, PortableSimd<SeparateMultiplyAdd>>());
    }

    [SkippableFact]
    public void With_fused_multiply_adds_it_is_within_one_unit_in_the_last_place()
    {
        Skip.IfNot(KernelPaths.IsSupported(KernelPath.Avx2), "this machine has no avx2");
        float[] powers = Powers<Vector256<float>, Avx2Simd>();
        foreach ((float x, float power) in s_exponents.Zip(powers))
        {
            double exact = Math.Pow(2, x), unit = Math.Max(MathF.BitIncrement((float)exact) - (double)(float)exact, float.Epsilon);
            Assert.True(float.IsNaN(x) ? float.IsNaN(power) : Math.Abs(power - exact) <= unit, $"2^{x} is {exact}, not {power}");
        }
    }

    private static IEnumerable<float> Between(int count)
    {
        var random = new Random(1);
        float Near() => (random.NextSingle() * -151f) + 1f;
        float Small() => -MathF.Exp((random.NextSingle() * 40f) - 38f);
        return Enumerable.Range(0, count).Select(i => i % 2 == 0 ? Near() : Small());
    }

    private static void CheckBits(float[] expected, float[] actual)
    {
        for (int i = 0; i < s_exponents.Length; i++)
        {
            // Not those of a NaN, which name no number.
            bool same = float.IsNaN(expected[i]) ? float.IsNaN(actual[i])
                : BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i]);
            Assert.True(same, $"2^{s_exponents[i]:g9} is {expected[i]:g9} and {actual[i]:g9}");
        }
    }

    private static float[] Powers<TVector, TSimd>()
        where TVector : struct
        where TSimd : struct, ISimd<TVector>
    {
        Assert.Equal(0, s_exponents.Length % TSimd.Lanes);
        using var buffer = new NativeBuffer(s_exponents.Length * sizeof(float));
        Span<float> floats = buffer.FloatSpan(0, s_exponents.Length);
        s_exponents.CopyTo(floats);
        for (int i = 0; i < s_exponents.Length; i += TSimd.Lanes)
            TSimd.Store(Exponential<TVector, TSimd>.Of(TSimd.Load(buffer.Floats + i)), buffer.Floats + i);
        return floats.ToArray();
    }
}
