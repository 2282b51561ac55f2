using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>
/// Fused multiply-add of float32 by float64 operations, for processors without the instruction. The product of two floats is exact in a
/// double; its sum with the third is rounded to odd (toward zero, with the last bit set when anything was lost), and then to float. Because
/// a double has at least two bits more than twice a float's, the second rounding sees on which side of every half the exact sum lies: the
/// result is the exact sum, rounded once (S. Boldo and G. Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using
/// rounding to odd", IEEE Transactions on Computers 57, 2008).
/// </summary>
/// <remarks>The C library's function is no way: some round wrongly, and one call for each product would be slower still.</remarks>
internal readonly struct EmulatedMultiplyAdd : IMultiplyAdd
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of(Vector128<float> x, Vector128<float> y, Vector128<float> z) => Vector128.Narrow(
        ToOdd(Vector128.WidenLower(x), Vector128.WidenLower(y), Vector128.WidenLower(z)),
        ToOdd(Vector128.WidenUpper(x), Vector128.WidenUpper(y), Vector128.WidenUpper(z)));

    /// <inheritdoc/>
    public static float Of(float x, float y, float z)
    {
        double product = (double)x * y, sum = product + z, without = sum - product;
        double lost = (product - (sum - without)) + (z - without);
        long bits = BitConverter.DoubleToInt64Bits(sum);
        if (Math.Abs(lost) > 0 && (bits & 1) == 0)
            bits += (lost < 0) == (sum < 0) ? 1 : -1;
        return (float)BitConverter.Int64BitsToDouble(bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> ToOdd(Vector128<double> x, Vector128<double> y, Vector128<double> z)
    {
        Vector128<double> product = x * y, sum = product + z, without = sum - product;

        // What the sum lost, exactly; NaN where the sum is infinite or NaN, and then nothing is to be done.
        Vector128<double> lost = product - (sum - without) + (z - without);
        Vector128<long> bits = sum.AsInt64();
        Vector128<long> isInexact = Vector128.GreaterThan(Vector128.Abs(lost), Vector128<double>.Zero).AsInt64();
        Vector128<long> isEven = (bits & Vector128<long>.One) - Vector128<long>.One;

        // One step of the magnitude, up where the loss has the sum's sign, else down.
        Vector128<long> step = Vector128.LessThan((lost ^ sum).AsInt64(), Vector128<long>.Zero) | Vector128<long>.One;
        return (bits + (step & isInexact & isEven)).AsDouble();
    }
}
