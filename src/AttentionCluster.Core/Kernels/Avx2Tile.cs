using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Kernels;

/// <summary>
/// 256-bit vectors: 12 accumulators, 2 loads and 1 broadcast of 16 registers. Each row's operations and their order are those of
/// <see cref="Avx512Tile"/>, 16 lanes being two vectors, so both give the same bits.
/// </summary>
internal readonly unsafe partial struct Avx2Tile : ITile
{
    private const int ColumnsAtOnce = 16;

    /// <inheritdoc/>
    public static int RowGroup(int columns) => 6;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(
        float* a, nint aStride, float* b, int columns, nint depth, float* c, nint cStride, float* start)
    {
        for (int column = 0; column < columns; column += ColumnsAtOnce)
            Multiply6x16(a, aStride, b + column, columns, depth, c + column, cStride, start);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(float* scores, nint count, float* max, float* sum, float* rescale)
    {
        float before = *max;
        Vector256<float> largest = Vector256.Create(before);
        for (nint i = 0; i < count; i += 8)
            largest = Avx.Max(largest, Vector256.LoadAligned(scores + i));
        Vector128<float> quarter = Sse.Max(largest.GetLower(), largest.GetUpper());
        quarter = Sse.Max(quarter, Sse.MoveHighToLow(quarter, quarter));
        float after = Sse.MaxScalar(quarter, Sse.Shuffle(quarter, quarter, 1)).ToScalar();
        if (after == float.NegativeInfinity)
        {
            // The maximum passes over NaN: a row that sees nothing else must not pass for one that sees no key.
            if (!TensorPrimitives.IsNaNAny(new ReadOnlySpan<float>(scores, (int)count)))
            {
                for (nint i = 0; i < count; i += 8)
                    Vector256<float>.Zero.StoreAligned(scores + i);
                *rescale = 1f;
                return;
            }

            after = float.NaN;
        }

        Vector256<float> offset = Vector256.Create(after);
        Vector256<float> low = Vector256<float>.Zero;
        Vector256<float> high = Vector256<float>.Zero;
        for (nint i = 0; i < count; i += 16)
        {
            Vector256<float> p = Weight(Vector256.LoadAligned(scores + i), offset);
            Vector256<float> q = Weight(Vector256.LoadAligned(scores + i + 8), offset);
            p.StoreAligned(scores + i);
            q.StoreAligned(scores + i + 8);
            low = Avx.Add(low, p);
            high = Avx.Add(high, q);
        }

        Vector256<float> eight = Avx.Add(low, high);
        Vector128<float> four = Sse.Add(eight.GetLower(), eight.GetUpper());
        four = Sse.Add(four, Sse.MoveHighToLow(four, four));
        float factor = PowerOfTwo.Weight(before, after);
        *max = after;
        *sum = (*sum * factor) + Sse.AddScalar(four, Sse.Shuffle(four, four, 1)).ToScalar();
        *rescale = factor;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Weight(Vector256<float> score, Vector256<float> max)
    {
        Vector256<float> x = Avx.Multiply(Avx.Subtract(score, max), Vector256.Create(PowerOfTwo.Log2E));

        // The second operand comes back when one is NaN: a NaN score stays one.
        x = Avx.Max(Vector256.Create(PowerOfTwo.Smallest), x);
        Vector256<float> n = Avx.RoundToNearestInteger(x);
        Vector256<float> r = Avx.Subtract(x, n);
        Vector256<float> p = Fma.MultiplyAdd(Vector256.Create(PowerOfTwo.C6), r, Vector256.Create(PowerOfTwo.C5));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(PowerOfTwo.C4));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(PowerOfTwo.C3));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(PowerOfTwo.C2));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(PowerOfTwo.C1));
        p = Fma.MultiplyAdd(p, r, Vector256.Create(1f));

        // 2^n in two factors, as it may be below the normal range; only the second product can round, as in one step of vscalefps.
        Vector256<int> whole = Avx.ConvertToVector256Int32(n);
        Vector256<int> half = Avx2.ShiftRightArithmetic(whole, 1);
        p = Avx.Multiply(p, Exponent(half));
        return Avx.Multiply(p, Exponent(Avx2.Subtract(whole, half)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Exponent(Vector256<int> n) =>
        Avx2.ShiftLeftLogical(Avx2.Add(n, Vector256.Create(127)), 23).AsSingle();
}
