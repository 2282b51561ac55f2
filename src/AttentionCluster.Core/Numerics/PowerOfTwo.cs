using System.Runtime.CompilerServices;

namespace AttentionCluster.Core.Numerics;

/// <summary>
/// <c>2^x</c> in float32 by rounded additions and multiplications alone, so that every machine gives the same bits (the C
/// library's and .NET's own functions promise no such thing).
/// </summary>
/// <remarks>
/// <c>x = n + r</c> with <c>n</c> the nearest integer and <c>|r| &lt;= 1/2</c>; <c>2^r</c> by a polynomial of degree 6 through the
/// Chebyshev nodes, with the constant term 1 so that <c>2^0</c> is exactly 1; its own error is 5.1e-9, a twelfth of an ulp.
/// The vector kernels evaluate the same polynomial.
/// </remarks>
internal static class PowerOfTwo
{
    /// <summary>Below this the result rounds to zero.</summary>
    internal const float Smallest = -160f;

    internal const float Log2E = (float)Log2EDouble;

    internal const double Log2EDouble = 1.44269504088896341;

    internal const float C1 = 0.6931471880262288f;
    internal const float C2 = 0.24022650760568126f;
    internal const float C3 = 0.05550357114219078f;
    internal const float C4 = 0.009618082557277852f;
    internal const float C5 = 0.0013390863364671234f;
    internal const float C6 = 0.0001545316294512069f;

    /// <summary>Adding and subtracting it rounds a float of magnitude below 2^22 to the nearest integer, ties to even.</summary>
    internal const float RoundingMagic = 12582912f;

    /// <summary>What a float32's exponent field holds beyond its exponent.</summary>
    internal const int ExponentBias = 127;

    /// <summary>
    /// <c>2^n</c> is made this many powers too large, so that it is a normal number for each n from <see cref="Smallest"/> to 27.
    /// </summary>
    internal const int Raised = 100;

    /// <summary><c>2^-100</c>, which takes that back.</summary>
    internal const float Lowering = 7.888609052210118e-31f;

    /// <summary><c>e^(x - max)</c>, the weight that a score <paramref name="x"/> has beside the score <paramref name="max"/>.</summary>
    /// <param name="x">At most <paramref name="max"/>, or -infinity.</param>
    /// <param name="max">Not -infinity.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Weight(float x, float max) => x == max ? 1f : Of((x - max) * Log2E);

    /// <summary><c>2^x</c> for x at most 27; NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Of(float x)
    {
        x = x < Smallest ? Smallest : x;
        float n = x + RoundingMagic - RoundingMagic;
        float r = x - n;
        float p = (C6 * r) + C5;
        p = (p * r) + C4;
        p = (p * r) + C3;
        p = (p * r) + C2;
        p = (p * r) + C1;
        p = (p * r) + 1f;
        return Scale(p, n);
    }

    /// <summary><c>x * 2^n</c> for a whole n from <see cref="Smallest"/> to 27.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Scale(float x, float n) =>
        // Two factors, because 2^n alone would be below the normal range; only the second product can round.
        x * BitConverter.Int32BitsToSingle(((int)n + ExponentBias + Raised) << 23) * Lowering;
}
