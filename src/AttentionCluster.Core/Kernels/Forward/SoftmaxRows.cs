using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Simd;

namespace AttentionCluster.Core.Kernels.Forward;

/// <summary>
/// <see cref="SoftmaxRow{TVector,TSimd}"/> for four rows side by side, with the same bits of all numbers: operation by operation, so that
/// the processor's schedulers don't fill with what waits for the operation before, and with one loop instead of four. It takes some 28
/// registers.
/// </summary>
/// <remarks>Rows of scores are <see cref="TileGeometry.Keys"/> floats apart; of what is one number a row, four follow one
/// another.</remarks>
internal static unsafe class SoftmaxRows<TVector, TSimd>
    where TVector : struct
    where TSimd : struct, ISimd<TVector>
{
    /// <summary>
    /// How many rows. Those that go one by one are taken as many at a time too: their maxima are found before their weights, so that no row
    /// waits for its own. While these 8 KiB become weights, as many of the next rows come to the level-1 cache.
    /// </summary>
    internal const int Count = 4;

    private const int Stride = TileGeometry.Keys;

    /// <summary>Whether vectors are long and registers many enough.</summary>
    internal static bool IsSupported => TSimd.Lanes == 16;

    /// <summary>The largest of each row's scores and of what it had before.</summary>
    /// <param name="scores">64-byte aligned; -infinity where masked.</param>
    /// <param name="count">Of a row: a multiple of 16.</param>
    /// <param name="before">The running maxima.</param>
    /// <param name="after">Out: -infinity for a row that sees no key yet; any number or NaN when a score is NaN.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Max(float* scores, nint count, float* before, float* after)
    {
        TVector max0 = TSimd.Broadcast(before[0]), max1 = TSimd.Broadcast(before[1]), max2 = TSimd.Broadcast(before[2]), max3 =
            TSimd.Broadcast(before[3]);
        for (float* end = scores + count; scores < end; scores += TSimd.Lanes)
        {
            max0 = TSimd.Max(max0, TSimd.Load(scores));
            max1 = TSimd.Max(max1, TSimd.Load(scores + Stride));
            max2 = TSimd.Max(max2, TSimd.Load(scores + (2 * Stride)));
            max3 = TSimd.Max(max3, TSimd.Load(scores + (3 * Stride)));
        }

        after[0] = TSimd.MaxLane(max0);
        after[1] = TSimd.MaxLane(max1);
        after[2] = TSimd.MaxLane(max2);
        after[3] = TSimd.MaxLane(max3);
    }

    /// <summary>Replaces products by weights, and brings the running maxima and sums up to date. A row with a NaN becomes NaN.</summary>
    /// <param name="scores">64-byte aligned; -infinity where masked.</param>
    /// <param name="count">Of a row: a multiple of 16.</param>
    /// <param name="power">See
    /// <see cref="SoftmaxRow{TVector,TSimd}.ExpAndSum(float*, nint, float, float, float*, float*, float*)"/>.</param>
    /// <param name="after">From <see cref="Max"/>, all above -infinity.</param>
    /// <param name="max">The running maxima.</param>
    /// <param name="sum">The running sums.</param>
    /// <param name="rescale">Out: what the rows' accumulators must be multiplied with.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void ExpAndSum(float* scores, nint count, float power, float* after, float* max, float* sum, float* rescale)
    {
        Vector128<float> newMax = Vector128.Load(after);
        Vector128<float> factor =
            Exponential<Vector128<float>, PortableSimd<SeparateMultiplyAdd>>.Of((Vector128.Load(max) - newMax) * Vector128.Create(power));
        Vector128<float> carried = Vector128.Load(sum) * factor;
        newMax.Store(max);
        factor.Store(rescale);

        TVector offset0 = TSimd.Broadcast(after[0]), offset1 = TSimd.Broadcast(after[1]), offset2 = TSimd.Broadcast(after[2]), offset3 =
            TSimd.Broadcast(after[3]);
        TVector powers = TSimd.Broadcast(power);
        TVector sum0 = TSimd.Broadcast(0f), sum1 = sum0, sum2 = sum0, sum3 = sum0;
        for (float* end = scores + count; scores < end; scores += TSimd.Lanes)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(scores + (Count * Stride));
                Sse.Prefetch0(scores + ((Count + 1) * Stride));
                Sse.Prefetch0(scores + ((Count + 2) * Stride));
                Sse.Prefetch0(scores + ((Count + 3) * Stride));
            }

            TVector x0 = TSimd.Subtract(TSimd.Load(scores), offset0);
            TVector x1 = TSimd.Subtract(TSimd.Load(scores + Stride), offset1);
            TVector x2 = TSimd.Subtract(TSimd.Load(scores + (2 * Stride)), offset2);
            TVector x3 = TSimd.Subtract(TSimd.Load(scores + (3 * Stride)), offset3);
            x0 = TSimd.Multiply(x0, powers);
            x1 = TSimd.Multiply(x1, powers);
            x2 = TSimd.Multiply(x2, powers);
            x3 = TSimd.Multiply(x3, powers);
            Exponential<TVector, TSimd>.Of(ref x0, ref x1, ref x2, ref x3);
            TSimd.Store(x0, scores);
            TSimd.Store(x1, scores + Stride);
            TSimd.Store(x2, scores + (2 * Stride));
            TSimd.Store(x3, scores + (3 * Stride));
            sum0 = TSimd.Add(sum0, x0);
            sum1 = TSimd.Add(sum1, x1);
            sum2 = TSimd.Add(sum2, x2);
            sum3 = TSimd.Add(sum3, x3);
        }

        TVector none = TSimd.Broadcast(0f);
        (carried + Vector128.Create(
            TSimd.SumOf16(sum0, none, none, none), TSimd.SumOf16(sum1, none, none, none),
            TSimd.SumOf16(sum2, none, none, none), TSimd.SumOf16(sum3, none, none, none))).Store(sum);
    }
}
