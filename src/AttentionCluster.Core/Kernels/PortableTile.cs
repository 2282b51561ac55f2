using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Kernels;

/// <summary>
/// Any processor: products and sums round separately, in 128-bit vectors where there are any (arm64 too) and in scalars where
/// there are none, with the same bits in both.
/// </summary>
internal readonly unsafe struct PortableTile : ITile
{
    private const int Rows = 4;

    /// <inheritdoc/>
    public static int RowGroup(int columns) => Rows;

    /// <inheritdoc/>
    public static void Multiply(
        float* a, nint aStride, float* b, int columns, nint depth, float* c, nint cStride, float* start)
    {
        if (Vector128.IsHardwareAccelerated)
        {
            for (int column = 0; column < columns; column += 8)
                Multiply4x8(a, aStride, b + column, columns, depth, c + column, cStride, start);
        }
        else
        {
            for (int row = 0; row < Rows; row++)
            {
                for (int column = 0; column < columns; column += 4)
                    Multiply1x4(a + (row * aStride), b + column, columns, depth, c + (row * cStride) + column, start == null ? null : start + row);
            }
        }
    }

    /// <inheritdoc/>
    public static void Softmax(float* scores, nint count, float* max, float* sum, float* rescale)
    {
        float before = *max;
        float after = before;
        for (nint i = 0; i < count; i++)
            after = scores[i] > after ? scores[i] : after;
        if (after == float.NegativeInfinity)
        {
            // The maximum passes over NaN: a row that sees nothing else must not pass for one that sees no key.
            var row = new Span<float>(scores, (int)count);
            if (!TensorPrimitives.IsNaNAny<float>(row))
            {
                row.Clear();
                *rescale = 1f;
                return;
            }

            after = float.NaN;
        }

        if (Vector128.IsHardwareAccelerated)
        {
            WeightVectors(scores, count, after);
        }
        else
        {
            for (nint i = 0; i < count; i++)
                scores[i] = PowerOfTwo.Of((scores[i] - after) * PowerOfTwo.Log2E);
        }

        float factor = PowerOfTwo.Weight(before, after);
        *max = after;
        *sum = (*sum * factor) + SumInLanes(scores, count);
        *rescale = factor;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4x8(
        float* a, nint aStride, float* b, nint bStride, nint depth, float* c, nint cStride, float* start)
    {
        Vector128<float> c00 = default, c01 = default;
        Vector128<float> c10 = default, c11 = default;
        Vector128<float> c20 = default, c21 = default;
        Vector128<float> c30 = default, c31 = default;
        if (start != null)
        {
            c00 = Vector128.LoadAligned(c) * start[0];
            c01 = Vector128.LoadAligned(c + 4) * start[0];
            c10 = Vector128.LoadAligned(c + cStride) * start[1];
            c11 = Vector128.LoadAligned(c + cStride + 4) * start[1];
            c20 = Vector128.LoadAligned(c + (2 * cStride)) * start[2];
            c21 = Vector128.LoadAligned(c + (2 * cStride) + 4) * start[2];
            c30 = Vector128.LoadAligned(c + (3 * cStride)) * start[3];
            c31 = Vector128.LoadAligned(c + (3 * cStride) + 4) * start[3];
        }

        float* a3 = a + (3 * aStride);
        for (nint t = depth; t > 0; t--)
        {
            Vector128<float> b0 = Vector128.LoadAligned(b);
            Vector128<float> b1 = Vector128.LoadAligned(b + 4);
            Vector128<float> x = Vector128.Create(*a);
            c00 += x * b0;
            c01 += x * b1;
            x = Vector128.Create(*(a + aStride));
            c10 += x * b0;
            c11 += x * b1;
            x = Vector128.Create(*(a + (2 * aStride)));
            c20 += x * b0;
            c21 += x * b1;
            x = Vector128.Create(*a3);
            c30 += x * b0;
            c31 += x * b1;
            a++;
            a3++;
            b += bStride;
        }

        c00.StoreAligned(c);
        c01.StoreAligned(c + 4);
        c10.StoreAligned(c + cStride);
        c11.StoreAligned(c + cStride + 4);
        c20.StoreAligned(c + (2 * cStride));
        c21.StoreAligned(c + (2 * cStride) + 4);
        c30.StoreAligned(c + (3 * cStride));
        c31.StoreAligned(c + (3 * cStride) + 4);
    }

    private static void Multiply1x4(float* a, float* b, nint bStride, nint depth, float* c, float* start)
    {
        float c0 = 0f, c1 = 0f, c2 = 0f, c3 = 0f;
        if (start != null)
        {
            c0 = c[0] * *start;
            c1 = c[1] * *start;
            c2 = c[2] * *start;
            c3 = c[3] * *start;
        }

        for (nint t = 0; t < depth; t++, b += bStride)
        {
            float x = a[t];
            c0 += x * b[0];
            c1 += x * b[1];
            c2 += x * b[2];
            c3 += x * b[3];
        }

        (c[0], c[1], c[2], c[3]) = (c0, c1, c2, c3);
    }

    private static void WeightVectors(float* scores, nint count, float max)
    {
        Vector128<float> magic = Vector128.Create(PowerOfTwo.RoundingMagic);
        for (nint i = 0; i < count; i += 4)
        {
            Vector128<float> x = (Vector128.LoadAligned(scores + i) - Vector128.Create(max)) * PowerOfTwo.Log2E;
            Vector128<float> smallest = Vector128.Create(PowerOfTwo.Smallest);
            x = Vector128.ConditionalSelect(Vector128.LessThan(x, smallest), smallest, x);
            Vector128<float> n = x + magic - magic;
            Vector128<float> r = x - n;
            Vector128<float> p = (Vector128.Create(PowerOfTwo.C6) * r) + Vector128.Create(PowerOfTwo.C5);
            p = (p * r) + Vector128.Create(PowerOfTwo.C4);
            p = (p * r) + Vector128.Create(PowerOfTwo.C3);
            p = (p * r) + Vector128.Create(PowerOfTwo.C2);
            p = (p * r) + Vector128.Create(PowerOfTwo.C1);
            p = (p * r) + Vector128<float>.One;
            Vector128<int> whole = Vector128.ConvertToInt32(n);
            Vector128<int> half = whole >> 1;
            p = p * Exponent(half) * Exponent(whole - half);
            p.StoreAligned(scores + i);
        }
    }

    private static Vector128<float> Exponent(Vector128<int> n) => ((n + Vector128.Create(127)) << 23).AsSingle();

    /// <summary>Sixteen lanes, folded 8, 4, 2, 1: the order that every path has.</summary>
    private static float SumInLanes(float* weights, nint count)
    {
        float* lanes = stackalloc float[16];
        new Span<float>(lanes, 16).Clear();
        for (nint i = 0; i < count; i++)
            lanes[i & 15] += weights[i];
        for (int width = 8; width > 0; width >>= 1)
        {
            for (int lane = 0; lane < width; lane++)
                lanes[lane] += lanes[lane + width];
        }

        return lanes[0];
    }
}
