using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Kernels;

/// <summary>512-bit vectors: 24 accumulators, up to 4 loads and 1 broadcast of 32 registers.</summary>
internal readonly unsafe partial struct Avx512Tile : ITile
{
    /// <inheritdoc/>
    public static int RowGroup(int columns) => columns switch { 64 => 6, 48 => 8, _ => 12 };

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(
        float* a, nint aStride, float* b, int columns, nint depth, float* c, nint cStride, float* start)
    {
        switch (columns)
        {
            case 64:
                Multiply6x64(a, aStride, b, depth, c, cStride, start);
                break;
            case 48:
                Multiply8x48(a, aStride, b, depth, c, cStride, start);
                break;
            case 32:
                Multiply12x32(a, aStride, b, depth, c, cStride, start);
                break;
            default:
                Multiply12x16(a, aStride, b, depth, c, cStride, start);
                break;
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(float* scores, nint count, float* max, float* sum, float* rescale)
    {
        float before = *max;
        Vector512<float> largest = Vector512.Create(before);
        for (nint i = 0; i < count; i += 16)
            largest = Avx512F.Max(largest, Vector512.LoadAligned(scores + i));
        Vector256<float> half = Avx.Max(largest.GetLower(), largest.GetUpper());
        Vector128<float> quarter = Sse.Max(half.GetLower(), half.GetUpper());
        quarter = Sse.Max(quarter, Sse.MoveHighToLow(quarter, quarter));
        float after = Sse.MaxScalar(quarter, Sse.Shuffle(quarter, quarter, 1)).ToScalar();
        if (after == float.NegativeInfinity)
        {
            // The maximum passes over NaN: a row that sees nothing else must not pass for one that sees no key.
            if (!TensorPrimitives.IsNaNAny(new ReadOnlySpan<float>(scores, (int)count)))
            {
                for (nint i = 0; i < count; i += 16)
                    Vector512<float>.Zero.StoreAligned(scores + i);
                *rescale = 1f;
                return;
            }

            after = float.NaN;
        }

        Vector512<float> offset = Vector512.Create(after);
        Vector512<float> total = Vector512<float>.Zero;
        for (nint i = 0; i < count; i += 16)
        {
            Vector512<float> x = Avx512F.Multiply(
                Avx512F.Subtract(Vector512.LoadAligned(scores + i), offset), Vector512.Create(PowerOfTwo.Log2E));

            // The second operand comes back when one is NaN: a NaN score stays one.
            x = Avx512F.Max(Vector512.Create(PowerOfTwo.Smallest), x);
            Vector512<float> n = Avx512F.RoundScale(x, 0);
            Vector512<float> r = Avx512F.Subtract(x, n);
            Vector512<float> p = Avx512F.FusedMultiplyAdd(Vector512.Create(PowerOfTwo.C6), r, Vector512.Create(PowerOfTwo.C5));
            p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(PowerOfTwo.C4));
            p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(PowerOfTwo.C3));
            p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(PowerOfTwo.C2));
            p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(PowerOfTwo.C1));
            p = Avx512F.FusedMultiplyAdd(p, r, Vector512.Create(1f));
            p = Avx512F.Scale(p, n);
            p.StoreAligned(scores + i);
            total = Avx512F.Add(total, p);
        }

        Vector256<float> eight = Avx.Add(total.GetLower(), total.GetUpper());
        Vector128<float> four = Sse.Add(eight.GetLower(), eight.GetUpper());
        four = Sse.Add(four, Sse.MoveHighToLow(four, four));
        float factor = PowerOfTwo.Weight(before, after);
        *max = after;
        *sum = (*sum * factor) + Sse.AddScalar(four, Sse.Shuffle(four, four, 1)).ToScalar();
        *rescale = factor;
    }
}
