using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Simd;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Kernels.Forward;

/// <summary>The online softmax of one row's scores against a tile of keys (arXiv 1805.02867).</summary>
internal static unsafe class SoftmaxRow<TVector, TSimd>
    where TVector : struct
    where TSimd : struct, ISimd<TVector>
{
    /// <summary>The largest of a row's scores and of what it had before.</summary>
    /// <param name="scores">64-byte aligned; -infinity where masked.</param>
    /// <param name="count">A multiple of 16.</param>
    /// <param name="before">The row's running maximum.</param>
    /// <returns>-infinity when the row sees no key yet; any number or NaN when a score is NaN.</returns>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static float Max(float* scores, nint count, float before)
    {
        // Four chains, because one would wait for each comparison's latency.
        TVector max0 = TSimd.Broadcast(before), max1 = max0, max2 = max0, max3 = max0;
        nint i = 0;
        for (; i <= count - (4 * TSimd.Lanes); i += 4 * TSimd.Lanes)
        {
            max0 = TSimd.Max(max0, TSimd.Load(scores + i));
            max1 = TSimd.Max(max1, TSimd.Load(scores + i + TSimd.Lanes));
            max2 = TSimd.Max(max2, TSimd.Load(scores + i + (2 * TSimd.Lanes)));
            max3 = TSimd.Max(max3, TSimd.Load(scores + i + (3 * TSimd.Lanes)));
        }

        for (; i < count; i += TSimd.Lanes)
            max0 = TSimd.Max(max0, TSimd.Load(scores + i));
        return TSimd.MaxLane(TSimd.Max(TSimd.Max(max0, max1), TSimd.Max(max2, max3)));
    }

    /// <summary>
    /// Replaces a row's products by their weights <c>2^(power * (s - m))</c> and brings the running maximum and sum up to date. Weights are
    /// summed in 16 lanes, which are then folded 8, 4, 2, 1.
    /// </summary>
    /// <param name="scores">64-byte aligned; -infinity where masked. NaN makes the whole row NaN.</param>
    /// <param name="count">A multiple of 16.</param>
    /// <param name="power">
    /// The scale of scores times <c>log2 e</c>: positive and finite, or what is masked would become NaN. Applied to the difference, it
    /// costs neither a pass nor a rounding of its own.
    /// </param>
    /// <param name="after"><c>m</c>, from <see cref="Max"/>.</param>
    /// <param name="max">The row's running maximum.</param>
    /// <param name="sum">The row's running sum.</param>
    /// <param name="rescale">Out: what the row's accumulator must be multiplied with.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void ExpAndSum(float* scores, nint count, float power, float after, float* max, float* sum, float* rescale)
    {
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

        // Before the loop, so that this chain of scalar operations runs beside the vectors'.
        float factor = *max == after ? 1f : PowerOfTwo.Of((*max - after) * power);
        float carried = *sum * factor;
        TVector offset = TSimd.Broadcast(after), powers = TSimd.Broadcast(power);
        TVector sum0 = TSimd.Broadcast(0f), sum1 = sum0, sum2 = sum0, sum3 = sum0;
        for (nint i = 0; i < count; i += 16)
        {
            if (Sse.IsSupported)
                Sse.Prefetch0(scores + i + (SoftmaxRows<TVector, TSimd>.Count * TileGeometry.Keys));
            sum0 = TSimd.Add(sum0, ExpAndSum(scores + i, offset, powers));
            if (TSimd.Lanes < 16)
                sum1 = TSimd.Add(sum1, ExpAndSum(scores + i + TSimd.Lanes, offset, powers));
            if (TSimd.Lanes < 8)
            {
                sum2 = TSimd.Add(sum2, ExpAndSum(scores + i + (2 * TSimd.Lanes), offset, powers));
                sum3 = TSimd.Add(sum3, ExpAndSum(scores + i + (3 * TSimd.Lanes), offset, powers));
            }
        }

        *max = after;
        *sum = carried + TSimd.SumOf16(sum0, sum1, sum2, sum3);
        *rescale = factor;
    }

    /// <summary>Replaces a vector of scores by their weights: <see cref="PowerOfTwo.Of"/> of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector ExpAndSum(float* scores, TVector max, TVector power)
    {
        TVector x = TSimd.Multiply(TSimd.Subtract(TSimd.Load(scores), max), power);
        TVector p = Exponential<TVector, TSimd>.Of(x);
        TSimd.Store(p, scores);
        return p;
    }
}
