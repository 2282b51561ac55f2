using System.Runtime.CompilerServices;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>Functions of whole vectors that come from <c>2^x</c>.</summary>
internal static class Exponential<TVector, TSimd>
    where TVector : struct
    where TSimd : struct, ISimd<TVector>
{
    /// <summary>Below this square the exponential loses what is small, and a series is better.</summary>
    private const float SeriesMax = 0.390625f;

    /// <summary>Powers that tanh needs: beyond them it is 1 to the last bit.</summary>
    private const float PowerMax = 26f;

    // Minimax coefficients of (tanh(x) - x) / x^3 in x^2 up to 0.39, of the Cephes library (tanhf).
    private const float T1 = -0.333332819422f, T2 = 0.133314422036f, T3 = -0.0537397155531f, T4 = 0.0206390887954f, T5 = -0.00570498872745f;

    /// <summary><see cref="PowerOfTwo.Of"/> of each lane: of numbers up to 27, NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Of(TVector x)
    {
        TVector r = TSimd.Split(x, out TVector n);
        TVector p = TSimd.MultiplyAdd(TSimd.Broadcast(PowerOfTwo.C6), r, TSimd.Broadcast(PowerOfTwo.C5));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(PowerOfTwo.C4));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(PowerOfTwo.C3));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(PowerOfTwo.C2));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(PowerOfTwo.C1));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(1f));
        return TSimd.Scale(p, n);
    }

    /// <summary>The same of four vectors side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Of(ref TVector x0, ref TVector x1, ref TVector x2, ref TVector x3)
    {
        TVector r0 = TSimd.Split(x0, out TVector n0);
        TVector r1 = TSimd.Split(x1, out TVector n1);
        TVector r2 = TSimd.Split(x2, out TVector n2);
        TVector r3 = TSimd.Split(x3, out TVector n3);
        x0 = x1 = x2 = x3 = TSimd.Broadcast(PowerOfTwo.C6);
        Step(ref x0, ref x1, ref x2, ref x3, r0, r1, r2, r3, PowerOfTwo.C5);
        Step(ref x0, ref x1, ref x2, ref x3, r0, r1, r2, r3, PowerOfTwo.C4);
        Step(ref x0, ref x1, ref x2, ref x3, r0, r1, r2, r3, PowerOfTwo.C3);
        Step(ref x0, ref x1, ref x2, ref x3, r0, r1, r2, r3, PowerOfTwo.C2);
        Step(ref x0, ref x1, ref x2, ref x3, r0, r1, r2, r3, PowerOfTwo.C1);
        Step(ref x0, ref x1, ref x2, ref x3, r0, r1, r2, r3, 1f);
        x0 = TSimd.Scale(x0, n0);
        x1 = TSimd.Scale(x1, n1);
        x2 = TSimd.Scale(x2, n2);
        x3 = TSimd.Scale(x3, n3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        ref TVector p0, ref TVector p1, ref TVector p2, ref TVector p3, TVector r0, TVector r1, TVector r2, TVector r3, float coefficient)
    {
        TVector c = TSimd.Broadcast(coefficient);
        p0 = TSimd.MultiplyAdd(p0, r0, c);
        p1 = TSimd.MultiplyAdd(p1, r1, c);
        p2 = TSimd.MultiplyAdd(p2, r2, c);
        p3 = TSimd.MultiplyAdd(p3, r3, c);
    }

    /// <summary>The hyperbolic tangent, with an error of some 2 ulp; NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Tanh(TVector x)
    {
        TVector square = TSimd.Multiply(x, x), zero = TSimd.Broadcast(0f), one = TSimd.Broadcast(1f);
        TVector series = TSimd.MultiplyAdd(TSimd.Broadcast(T5), square, TSimd.Broadcast(T4));
        series = TSimd.MultiplyAdd(series, square, TSimd.Broadcast(T3));
        series = TSimd.MultiplyAdd(series, square, TSimd.Broadcast(T2));
        series = TSimd.MultiplyAdd(series, square, TSimd.Broadcast(T1));
        series = TSimd.MultiplyAdd(TSimd.Multiply(series, square), x, x);

        // 1 - 2 / (e^2x + 1), with the power kept from overflow; the operands' order keeps a NaN.
        TVector power = TSimd.Multiply(x, TSimd.Broadcast(2 * PowerOfTwo.Log2E));
        power = TSimd.Subtract(zero, TSimd.Max(TSimd.Broadcast(-PowerMax), TSimd.Subtract(zero, power)));
        TVector quotient = TSimd.Divide(TSimd.Broadcast(2f), TSimd.Add(Of(power), one));
        return TSimd.WhereLess(square, TSimd.Broadcast(SeriesMax), series, TSimd.Subtract(one, quotient));
    }
}
