using System.Runtime.CompilerServices;
using AttentionCluster.Core.Kernels.Simd;

namespace AttentionCluster.Core.Kernels.Gemm;

/// <summary>
/// <c>c[r, x] = factors[r] * c[r, x] + sum over t of a[r, t] * b[t, x]</c>, with t ascending, for a number of rows and a row of vectors
/// that fit the registers together. The sum begins at zero, and what <c>c</c> held comes last: rounding errors are then relative to a sum
/// of a few hundred products, not to one that has grown over all keys.
/// </summary>
/// <remarks>
/// Leaf methods whose accumulators are named locals: the JIT keeps nothing else in registers, and a call in the loop would spill
/// them. Parameters: <c>a</c> and <c>c</c> hold rows that are <c>aStride</c> and <c>cStride</c> floats apart; <c>b</c> holds stored
/// elements, <c>bStride</c> bytes from one step to the next; <c>before</c> says whether the first term is there, and whether it has
/// <c>factors</c>, one for each row. No more than <c>chain</c>
/// products are summed one after the other: the sum of each further chain is added to what the last one left in <c>c</c>. All of it is done
/// for <c>panels</c>
/// matrices <c>b</c> that follow one another, whose results are neighbours in <c>c</c>. Memory is asked for what <c>ahead</c> says every
/// four steps; it comes by reference, because copies of a struct on the way wait for the stores that made it: 1 to 2 % of the time. Loops
/// of up to six rows are unrolled by hand, with <c>t</c> of a step as a constant in its addresses: with 12 multiply-adds a step, as without
/// 512-bit vectors, counters and pointers would be a fifth of the instructions.
/// </remarks>
internal static unsafe class Microkernel<TVector, TSimd, TElement, TRow>
    where TVector : struct
    where TSimd : struct, ISimd<TVector>
    where TElement : struct, IElement
    where TRow : struct, IVectorRow<TRow, TVector, TSimd>
{
    /// <summary>One row.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Rows1(float* a, byte* b, nint bStride, nint depth, nint chain, nint panels, float* c, Accumulate accumulate,
        float* factors, in Prefetch ahead)
    {
        Prefetch asking = ahead;
        nint bTwo = 2 * bStride;
        nint left = depth;
        Accumulate then = accumulate;
        while (true)
        {
            TRow r0 = default;
            nint t = Math.Min(chain, left);
            left -= t;
            for (; t >= Prefetch.Steps; t -= Prefetch.Steps)
            {
                asking.Issue();
                Step(ref r0, a, 0, b);
                Step(ref r0, a, 1, b + bStride);
                b += bTwo;
                Step(ref r0, a, 2, b);
                Step(ref r0, a, 3, b + bStride);
                b += bTwo;
                a += 4;
            }

            for (; t > 0; t--)
            {
                Step(ref r0, a, 0, b);
                a++;
                b += bStride;
            }

            if (then == Accumulate.Add)
            {
                r0.Add(c);
            }
            else if (then == Accumulate.ScaleAndAdd)
            {
                r0.AddScaled(factors[0], c);
            }

            r0.Store(c);
            then = Accumulate.Add;
            if (left > 0)
                continue;
            if (--panels <= 0)
                return;
            (left, then) = (depth, accumulate);
            a -= depth;
            c += bStride / TElement.Bytes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref TRow r0, float* a, int t, byte* b)
    {
        TRow x = TRow.Load<TElement>(b);
        r0.MultiplyAdd(a + t, x);
    }

    /// <summary>Two rows.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Rows2(float* a, nint aStride, byte* b, nint bStride, nint depth, nint chain, nint panels, float* c, nint cStride,
        Accumulate accumulate, float* factors, in Prefetch ahead)
    {
        Prefetch asking = ahead;
        nint bTwo = 2 * bStride;
        nint left = depth;
        Accumulate then = accumulate;
        while (true)
        {
            TRow r0 = default, r1 = default;
            nint t = Math.Min(chain, left);
            left -= t;
            for (; t >= Prefetch.Steps; t -= Prefetch.Steps)
            {
                asking.Issue();
                Step(ref r0, ref r1, a, aStride, 0, b);
                Step(ref r0, ref r1, a, aStride, 1, b + bStride);
                b += bTwo;
                Step(ref r0, ref r1, a, aStride, 2, b);
                Step(ref r0, ref r1, a, aStride, 3, b + bStride);
                b += bTwo;
                a += 4;
            }

            for (; t > 0; t--)
            {
                Step(ref r0, ref r1, a, aStride, 0, b);
                a++;
                b += bStride;
            }

            if (then == Accumulate.Add)
            {
                r0.Add(c);
                r1.Add(c + cStride);
            }
            else if (then == Accumulate.ScaleAndAdd)
            {
                r0.AddScaled(factors[0], c);
                r1.AddScaled(factors[1], c + cStride);
            }

            r0.Store(c);
            r1.Store(c + cStride);
            then = Accumulate.Add;
            if (left > 0)
                continue;
            if (--panels <= 0)
                return;
            (left, then) = (depth, accumulate);
            a -= depth;
            c += bStride / TElement.Bytes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref TRow r0, ref TRow r1, float* a, nint aStride, int t, byte* b)
    {
        TRow x = TRow.Load<TElement>(b);
        r0.MultiplyAdd(a + t, x);
        r1.MultiplyAdd(a + aStride + t, x);
    }

    /// <summary>Four rows.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Rows4(float* a, nint aStride, byte* b, nint bStride, nint depth, nint chain, nint panels, float* c, nint cStride,
        Accumulate accumulate, float* factors, in Prefetch ahead)
    {
        Prefetch asking = ahead;
        nint two = 2 * aStride, bTwo = 2 * bStride;
        float* a3 = a + (3 * aStride);
        nint left = depth;
        Accumulate then = accumulate;
        while (true)
        {
            TRow r0 = default, r1 = default, r2 = default, r3 = default;
            nint t = Math.Min(chain, left);
            left -= t;
            for (; t >= Prefetch.Steps; t -= Prefetch.Steps)
            {
                asking.Issue();
                Step(ref r0, ref r1, ref r2, ref r3, a, a3, aStride, two, 0, b);
                Step(ref r0, ref r1, ref r2, ref r3, a, a3, aStride, two, 1, b + bStride);
                b += bTwo;
                Step(ref r0, ref r1, ref r2, ref r3, a, a3, aStride, two, 2, b);
                Step(ref r0, ref r1, ref r2, ref r3, a, a3, aStride, two, 3, b + bStride);
                b += bTwo;
                a += 4;
                a3 += 4;
            }

            for (; t > 0; t--)
            {
                Step(ref r0, ref r1, ref r2, ref r3, a, a3, aStride, two, 0, b);
                a++;
                a3++;
                b += bStride;
            }

            if (then == Accumulate.Add)
            {
                r0.Add(c);
                r1.Add(c + cStride);
                r2.Add(c + (2 * cStride));
                r3.Add(c + (3 * cStride));
            }
            else if (then == Accumulate.ScaleAndAdd)
            {
                r0.AddScaled(factors[0], c);
                r1.AddScaled(factors[1], c + cStride);
                r2.AddScaled(factors[2], c + (2 * cStride));
                r3.AddScaled(factors[3], c + (3 * cStride));
            }

            r0.Store(c);
            r1.Store(c + cStride);
            r2.Store(c + (2 * cStride));
            r3.Store(c + (3 * cStride));
            then = Accumulate.Add;
            if (left > 0)
                continue;
            if (--panels <= 0)
                return;
            (left, then) = (depth, accumulate);
            a -= depth;
            a3 -= depth;
            c += bStride / TElement.Bytes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref TRow r0, ref TRow r1, ref TRow r2, ref TRow r3, float* a, float* a3, nint aStride, nint two, int t,
        byte* b)
    {
        TRow x = TRow.Load<TElement>(b);
        r0.MultiplyAdd(a + t, x);
        r1.MultiplyAdd(a + aStride + t, x);
        r2.MultiplyAdd(a + two + t, x);
        r3.MultiplyAdd(a3 + t, x);
    }

    /// <summary>Six rows.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Rows6(float* a, nint aStride, byte* b, nint bStride, nint depth, nint chain, nint panels, float* c, nint cStride,
        Accumulate accumulate, float* factors, in Prefetch ahead)
    {
        Prefetch asking = ahead;
        nint two = 2 * aStride, bTwo = 2 * bStride;
        float* a3 = a + (3 * aStride);
        nint left = depth;
        Accumulate then = accumulate;
        while (true)
        {
            TRow r0 = default, r1 = default, r2 = default, r3 = default;
            TRow r4 = default, r5 = default;
            nint t = Math.Min(chain, left);
            left -= t;
            for (; t >= Prefetch.Steps; t -= Prefetch.Steps)
            {
                asking.Issue();
                Step(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, a, a3, aStride, two, 0, b);
                Step(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, a, a3, aStride, two, 1, b + bStride);
                b += bTwo;
                Step(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, a, a3, aStride, two, 2, b);
                Step(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, a, a3, aStride, two, 3, b + bStride);
                b += bTwo;
                a += 4;
                a3 += 4;
            }

            for (; t > 0; t--)
            {
                Step(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, a, a3, aStride, two, 0, b);
                a++;
                a3++;
                b += bStride;
            }

            if (then == Accumulate.Add)
            {
                r0.Add(c);
                r1.Add(c + cStride);
                r2.Add(c + (2 * cStride));
                r3.Add(c + (3 * cStride));
                r4.Add(c + (4 * cStride));
                r5.Add(c + (5 * cStride));
            }
            else if (then == Accumulate.ScaleAndAdd)
            {
                r0.AddScaled(factors[0], c);
                r1.AddScaled(factors[1], c + cStride);
                r2.AddScaled(factors[2], c + (2 * cStride));
                r3.AddScaled(factors[3], c + (3 * cStride));
                r4.AddScaled(factors[4], c + (4 * cStride));
                r5.AddScaled(factors[5], c + (5 * cStride));
            }

            r0.Store(c);
            r1.Store(c + cStride);
            r2.Store(c + (2 * cStride));
            r3.Store(c + (3 * cStride));
            r4.Store(c + (4 * cStride));
            r5.Store(c + (5 * cStride));
            then = Accumulate.Add;
            if (left > 0)
                continue;
            if (--panels <= 0)
                return;
            (left, then) = (depth, accumulate);
            a -= depth;
            a3 -= depth;
            c += bStride / TElement.Bytes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        ref TRow r0, ref TRow r1, ref TRow r2, ref TRow r3, ref TRow r4, ref TRow r5, float* a, float* a3, nint aStride, nint two, int t,
            byte* b)
    {
        TRow x = TRow.Load<TElement>(b);
        r0.MultiplyAdd(a + t, x);
        r1.MultiplyAdd(a + aStride + t, x);
        r2.MultiplyAdd(a + two + t, x);
        r3.MultiplyAdd(a3 + t, x);
        r4.MultiplyAdd(a3 + aStride + t, x);
        r5.MultiplyAdd(a3 + two + t, x);
    }

    /// <summary>Eight rows.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Rows8(float* a, nint aStride, byte* b, nint bStride, nint depth, nint chain, nint panels, float* c, nint cStride,
        Accumulate accumulate, float* factors, in Prefetch ahead)
    {
        Prefetch asking = ahead;
        nint two = 2 * aStride;
        float* a3 = a + (3 * aStride);
        float* a6 = a + (6 * aStride);
        nint left = depth;
        Accumulate then = accumulate;
        while (true)
        {
            TRow r0 = default, r1 = default, r2 = default, r3 = default;
            TRow r4 = default, r5 = default, r6 = default, r7 = default;
            nint t = Math.Min(chain, left);
            left -= t;
            for (; t > 0; t--)
            {
                if (t % Prefetch.Steps == 0)
                    asking.Issue();
                TRow x = TRow.Load<TElement>(b);
                r0.MultiplyAdd(a, x);
                r1.MultiplyAdd(a + aStride, x);
                r2.MultiplyAdd(a + two, x);
                r3.MultiplyAdd(a3, x);
                r4.MultiplyAdd(a3 + aStride, x);
                r5.MultiplyAdd(a3 + two, x);
                r6.MultiplyAdd(a6, x);
                r7.MultiplyAdd(a6 + aStride, x);
                a++;
                a3++;
                a6++;
                b += bStride;
            }

            if (then == Accumulate.Add)
            {
                r0.Add(c);
                r1.Add(c + cStride);
                r2.Add(c + (2 * cStride));
                r3.Add(c + (3 * cStride));
                r4.Add(c + (4 * cStride));
                r5.Add(c + (5 * cStride));
                r6.Add(c + (6 * cStride));
                r7.Add(c + (7 * cStride));
            }
            else if (then == Accumulate.ScaleAndAdd)
            {
                r0.AddScaled(factors[0], c);
                r1.AddScaled(factors[1], c + cStride);
                r2.AddScaled(factors[2], c + (2 * cStride));
                r3.AddScaled(factors[3], c + (3 * cStride));
                r4.AddScaled(factors[4], c + (4 * cStride));
                r5.AddScaled(factors[5], c + (5 * cStride));
                r6.AddScaled(factors[6], c + (6 * cStride));
                r7.AddScaled(factors[7], c + (7 * cStride));
            }

            r0.Store(c);
            r1.Store(c + cStride);
            r2.Store(c + (2 * cStride));
            r3.Store(c + (3 * cStride));
            r4.Store(c + (4 * cStride));
            r5.Store(c + (5 * cStride));
            r6.Store(c + (6 * cStride));
            r7.Store(c + (7 * cStride));
            then = Accumulate.Add;
            if (left > 0)
                continue;
            if (--panels <= 0)
                return;
            (left, then) = (depth, accumulate);
            a -= depth;
            a3 -= depth;
            a6 -= depth;
            c += bStride / TElement.Bytes;
        }
    }

    /// <summary>Twelve rows.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Rows12(float* a, nint aStride, byte* b, nint bStride, nint depth, nint chain, nint panels, float* c, nint cStride,
        Accumulate accumulate, float* factors, in Prefetch ahead)
    {
        Prefetch asking = ahead;
        nint two = 2 * aStride;
        float* a3 = a + (3 * aStride);
        float* a6 = a + (6 * aStride);
        float* a9 = a + (9 * aStride);
        nint left = depth;
        Accumulate then = accumulate;
        while (true)
        {
            TRow r0 = default, r1 = default, r2 = default, r3 = default;
            TRow r4 = default, r5 = default, r6 = default, r7 = default;
            TRow r8 = default, r9 = default, r10 = default, r11 = default;
            nint t = Math.Min(chain, left);
            left -= t;
            for (; t > 0; t--)
            {
                if (t % Prefetch.Steps == 0)
                    asking.Issue();
                TRow x = TRow.Load<TElement>(b);
                r0.MultiplyAdd(a, x);
                r1.MultiplyAdd(a + aStride, x);
                r2.MultiplyAdd(a + two, x);
                r3.MultiplyAdd(a3, x);
                r4.MultiplyAdd(a3 + aStride, x);
                r5.MultiplyAdd(a3 + two, x);
                r6.MultiplyAdd(a6, x);
                r7.MultiplyAdd(a6 + aStride, x);
                r8.MultiplyAdd(a6 + two, x);
                r9.MultiplyAdd(a9, x);
                r10.MultiplyAdd(a9 + aStride, x);
                r11.MultiplyAdd(a9 + two, x);
                a++;
                a3++;
                a6++;
                a9++;
                b += bStride;
            }

            if (then == Accumulate.Add)
            {
                r0.Add(c);
                r1.Add(c + cStride);
                r2.Add(c + (2 * cStride));
                r3.Add(c + (3 * cStride));
                r4.Add(c + (4 * cStride));
                r5.Add(c + (5 * cStride));
                r6.Add(c + (6 * cStride));
                r7.Add(c + (7 * cStride));
                r8.Add(c + (8 * cStride));
                r9.Add(c + (9 * cStride));
                r10.Add(c + (10 * cStride));
                r11.Add(c + (11 * cStride));
            }
            else if (then == Accumulate.ScaleAndAdd)
            {
                r0.AddScaled(factors[0], c);
                r1.AddScaled(factors[1], c + cStride);
                r2.AddScaled(factors[2], c + (2 * cStride));
                r3.AddScaled(factors[3], c + (3 * cStride));
                r4.AddScaled(factors[4], c + (4 * cStride));
                r5.AddScaled(factors[5], c + (5 * cStride));
                r6.AddScaled(factors[6], c + (6 * cStride));
                r7.AddScaled(factors[7], c + (7 * cStride));
                r8.AddScaled(factors[8], c + (8 * cStride));
                r9.AddScaled(factors[9], c + (9 * cStride));
                r10.AddScaled(factors[10], c + (10 * cStride));
                r11.AddScaled(factors[11], c + (11 * cStride));
            }

            r0.Store(c);
            r1.Store(c + cStride);
            r2.Store(c + (2 * cStride));
            r3.Store(c + (3 * cStride));
            r4.Store(c + (4 * cStride));
            r5.Store(c + (5 * cStride));
            r6.Store(c + (6 * cStride));
            r7.Store(c + (7 * cStride));
            r8.Store(c + (8 * cStride));
            r9.Store(c + (9 * cStride));
            r10.Store(c + (10 * cStride));
            r11.Store(c + (11 * cStride));
            then = Accumulate.Add;
            if (left > 0)
                continue;
            if (--panels <= 0)
                return;
            (left, then) = (depth, accumulate);
            a -= depth;
            a3 -= depth;
            a6 -= depth;
            a9 -= depth;
            c += bStride / TElement.Bytes;
        }
    }
}
