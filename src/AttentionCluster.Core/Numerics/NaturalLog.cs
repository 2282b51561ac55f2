namespace AttentionCluster.Core.Numerics;

/// <summary>
/// The natural logarithm by additions, multiplications and one division alone. IEEE 754 fixes each of these to the last
/// bit, so the result is the same on every machine; that of <see cref="Math.Log(double)"/> is whatever the C library
/// of the machine makes it.
/// </summary>
internal static class NaturalLog
{
    private const int MantissaBits = 52;
    private const int ExponentBias = 1023;
    private const long MantissaMask = (1L << MantissaBits) - 1;

    private const double NormalMin = 2.2250738585072014e-308;

    /// <summary>Lifts the smallest number that is not zero into the normal range.</summary>
    private const int SubnormalLift = 54;

    /// <summary>The mantissa of sqrt(2): above it a number is nearer to the next power of two.</summary>
    private const long MantissaOfSqrt2 = 0x6A09E667F3BCD;

    /// <summary>ln 2 in two parts; the upper has 32 bits, so that its product with an exponent is exact.</summary>
    private const double Ln2Upper = 6.93147180369123816490e-01;
    private const double Ln2Lower = 1.90821492927058770002e-10;

    /// <summary>
    /// ln <paramref name="x"/>, within one unit in the last place. Zero gives negative infinity, a negative number or NaN gives NaN.
    /// </summary>
    /// <remarks>
    /// <c>x = 2^e (1 + f)</c> with <c>1 + f</c> from sqrt(1/2) to sqrt(2), and <c>ln(1 + f) = 2 atanh(s)</c> with
    /// <c>s = f / (2 + f)</c>. Because <c>2s = f - s f</c>, and with <c>h = f^2 / 2</c> also <c>s f = h - s h</c>, the
    /// series is <c>f - (h - s (h + R))</c>: the largest term is exact, and each rounding error is that of a small one.
    /// </remarks>
    public static double Of(double x)
    {
        if (!(x > 0))
            return x == 0 ? double.NegativeInfinity : double.NaN;
        if (double.IsPositiveInfinity(x))
            return x;

        int lift = 0;
        if (x < NormalMin)
        {
            x *= 1L << SubnormalLift;
            lift = SubnormalLift;
        }

        long bits = BitConverter.DoubleToInt64Bits(x);
        long mantissa = bits & MantissaMask;
        int up = mantissa > MantissaOfSqrt2 ? 1 : 0;
        double exponent = (int)(bits >> MantissaBits) - ExponentBias + up - lift;
        double f = BitConverter.Int64BitsToDouble(mantissa | ((long)(ExponentBias - up) << MantissaBits)) - 1;

        double s = f / (2 + f);
        double half = 0.5 * f * f;
        return exponent * Ln2Upper - ((half - (s * (half + AtanhTail(s * s)) + exponent * Ln2Lower)) - f);
    }

    /// <summary>
    /// <c>(2 atanh(s) - 2s) / s = 2 z/3 + 2 z^2/5 + ...</c> for <c>z = s^2</c>, at most 0.0295: the first term that is left
    /// out is below 2^-60 of the sum.
    /// </summary>
    private static double AtanhTail(double z)
    {
        double sum = 2.0 / 25;
        sum = sum * z + 2.0 / 23;
        sum = sum * z + 2.0 / 21;
        sum = sum * z + 2.0 / 19;
        sum = sum * z + 2.0 / 17;
        sum = sum * z + 2.0 / 15;
        sum = sum * z + 2.0 / 13;
        sum = sum * z + 2.0 / 11;
        sum = sum * z + 2.0 / 9;
        sum = sum * z + 2.0 / 7;
        sum = sum * z + 2.0 / 5;
        sum = sum * z + 2.0 / 3;
        return sum * z;
    }
}
