using System.Runtime.CompilerServices;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Kernels;

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
