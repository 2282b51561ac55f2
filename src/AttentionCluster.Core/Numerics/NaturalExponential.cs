namespace AttentionCluster.Core.Numerics;

/// <summary>
/// <c>e^x</c> and <c>tanh x</c> in float64 by rounded operations alone, so that every machine gives the same bits (see
/// <see cref="PowerOfTwo"/>). Errors are some 2 ulp of the result, and for <c>tanh</c> some 2 ulp of 1.
/// </summary>
internal static class NaturalExponential
{
    /// <summary>Below this the result rounds to zero.</summary>
    private const double Smallest = -746;

    /// <summary>Above this it is infinite.</summary>
    private const double Largest = 710;

    /// <summary>
    /// <c>ln 2</c> in two parts: the first has 21 bits less than a float64, so that its product with an exponent is exact.
    /// </summary>
    private const double Ln2High = 6.93147180369123816490e-01, Ln2Low = 1.90821492927058770002e-10;

    /// <summary>Coefficients of the series of <c>e^r</c>, whose rest is below <c>5e-18</c> for <c>|r| &lt;= ln 2 / 2</c>.</summary>
    private static readonly double[] s_inverseFactorials = Inverses(14);

    /// <summary><c>e^x</c>; NaN for NaN.</summary>
    internal static double Of(double x)
    {
        if (double.IsNaN(x))
            return x;
        if (x < Smallest)
            return 0;
        if (x > Largest)
            return double.PositiveInfinity;
        double n = Math.Round(x * PowerOfTwo.Log2EDouble);
        double r = x - (n * Ln2High) - (n * Ln2Low), sum = 0;
        for (int i = s_inverseFactorials.Length - 1; i >= 0; i--)
            sum = (sum * r) + s_inverseFactorials[i];
        return Math.ScaleB(sum, (int)n);
    }

    /// <summary><c>tanh x</c>; NaN for NaN.</summary>
    internal static double Tanh(double x)
    {
        double power = Of(-2 * Math.Abs(x));
        return Math.CopySign((1 - power) / (1 + power), x);
    }

    private static double[] Inverses(int count)
    {
        double[] inverses = new double[count];
        double factorial = 1;
        for (int i = 0; i < count; i++)
        {
            factorial *= Math.Max(1, i);
            inverses[i] = 1 / factorial;
        }

        return inverses;
    }
}
