using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Gemm;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Kernels.Simd;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>K and V of 16 bits give the bits that their widened copies give.</summary>
public class ElementTypeTests
{
    private static readonly KernelPath[] s_paths =
        [.. KernelCatalog.Paths.Where(path => KernelPaths.IsSupported(path) && path != KernelPath.Emulated)];

    /// <summary>Query rows: one row group and several, which are widened in different places.</summary>
    public static TheoryData<ElementType, ElementType, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<ElementType, ElementType, int, int>();
            foreach ((ElementType key, ElementType value) in new[]
            {
                (ElementType.Float16, ElementType.Float16), (ElementType.BFloat16, ElementType.BFloat16),
                (ElementType.Float16, ElementType.BFloat16), (ElementType.Float32, ElementType.Float16),
                (ElementType.Float64, ElementType.Float64),
            })
            {
                foreach (int rows in new[] { 1, 2, 3, 7, 13, 50 })
                {
                    foreach (int width in new[] { 1, 64, 80 })
                        cases.Add(key, value, rows, width);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Stored_types_change_no_bit(ElementType key, ElementType value, int rows, int width)
    {
        AttentionProblem problem = Exact(AttentionProblem.Random(new(rows, 300, width, width)
        {
            QueryHeads = 2,
            KvHeads = 1,
            QueryMax = 20,
            Options = new() { Window = (250, 30), KeysPerSegment = 290 },
        }));

        foreach (KernelPath path in s_paths)
        {
            string widened = WholeAttention.Compute(problem, path).Sha256();
            string stored = WholeAttention.Compute(problem with { KeyType = key, ValueType = value }, path).Sha256();
            Assert.True(widened == stored, path.Name());
        }
    }

    [Theory]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    public void Values_that_are_not_finite_reach_only_the_rows_that_see_them(ElementType type)
    {
        AttentionProblem problem = Exact(AttentionProblem.Random(new(40, 40, 16, 24) { Options = new() { Causal = true } }))
            .Poison(key => key == 30, value: float.NaN) with
        { KeyType = type, ValueType = type };

        foreach (KernelPath path in s_paths)
        {
            AttentionResult result = WholeAttention.Compute(problem, path);
            for (int row = 0; row < 40; row++)
                Assert.Equal(row >= 30, float.IsNaN(result.OutputRow(0, 0, row)[0]));
        }
    }

    [Fact]
    public void Every_bit_pattern_of_16_bits_is_widened_exactly_by_every_instruction_set()
    {
        CheckAll<Quad, ScalarSimd<SeparateMultiplyAdd>>();
        CheckAll<Vector128<float>, PortableSimd<SeparateMultiplyAdd>>();
        CheckAll<Quad, ScalarSimd<EmulatedMultiplyAdd>>();
        CheckAll<Vector128<float>, PortableSimd<EmulatedMultiplyAdd>>();
        if (KernelPaths.IsSupported(KernelPath.Arm64))
            CheckAll<Vector128<float>, PortableSimd<Arm64MultiplyAdd>>();
        if (KernelPaths.IsSupported(KernelPath.Avx2))
            CheckAll<Vector256<float>, Avx2Simd>();
        if (KernelPaths.IsSupported(KernelPath.Avx512))
            CheckAll<Vector512<float>, Avx512Simd>();
    }

    private static unsafe void CheckAll<TVector, TSimd>()
        where TVector : struct
        where TSimd : struct, ISimd<TVector>
    {
        const int patterns = 1 << 16;
        using var stored = new NativeBuffer(patterns * sizeof(ushort));
        using var widened = new NativeBuffer(patterns * sizeof(float));
        Span<ushort> bits = MemoryMarshal.Cast<byte, ushort>(stored.Slice(0, patterns * sizeof(ushort)));
        for (int i = 0; i < patterns; i++)
            bits[i] = (ushort)i;

        foreach (ElementType type in new[] { ElementType.Float16, ElementType.BFloat16 })
        {
            Tile<TVector, TSimd>.Widen(new PackedMatrix(stored.Pointer, type), patterns, widened.Floats);

            float[] expected = new float[patterns];
            type.ToSingle(stored.Slice(0, patterns * sizeof(ushort)), expected);
            for (int i = 0; i < patterns; i++)
                Assert.True(expected[i].Equals(widened.Floats[i]) && float.IsNegative(expected[i]) == float.IsNegative(widened.Floats[i]),
                    $"{type} {i:x4}");
        }
    }

    private static AttentionProblem Exact(AttentionProblem problem) => problem with
    {
        Key = [.. problem.Key.Select(Stored.Exact)],
        Value = [.. problem.Value.Select(Stored.Exact)],
    };
}
