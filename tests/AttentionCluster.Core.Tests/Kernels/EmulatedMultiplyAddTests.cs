using System.Numerics;
using System.Runtime.Intrinsics;
using AttentionCluster.Core.Kernels.Simd;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>Products and sums that are rounded once without the instruction for it, against arithmetic in integers of any size.</summary>
public class EmulatedMultiplyAddTests
{
    private const int Tries = 30_000;

    /// <summary>Zeros, the smallest and largest numbers, ones that halve an ulp, infinities and NaN.</summary>
    private static readonly float[] s_special =
    [
        0f, -0f, float.Epsilon, -float.Epsilon, 1.17549435e-38f, 1f, -1f, 1.00000012f, 0.99999994f, 16777216f, -16777217f, 5.9604645e-8f,
            2.9802322e-8f,
        float.MaxValue, -float.MaxValue, 1.8446744e19f, -1.0842022e-19f, 3.0292273e-28f, float.PositiveInfinity, float.NegativeInfinity,
            float.NaN,
    ];

    [Fact]
    public void Any_three_numbers_give_their_exact_product_and_sum_rounded_once()
    {
        var random = new Random(1);
        for (int i = 0; i < Tries; i++)
            Check(Any(random), Any(random), Any(random));
    }

    /// <summary>Sums that cancel, and sums that lie next to the middle between two floats.</summary>
    [Fact]
    public void Numbers_that_nearly_cancel_or_lie_near_a_tie_give_their_exact_product_and_sum_rounded_once()
    {
        var random = new Random(2);
        for (int i = 0; i < Tries; i++)
        {
            float x = Near(random, 1), y = Near(random, 1), product = x * y;
            float scale = MathF.ScaleB(1, random.Next(-60, 61));
            Check(x, y, -product + (random.Next(-2, 3) * MathF.BitIncrement(product) * 1e-7f));
            Check(x, scale, MathF.ScaleB(Near(random, 1), random.Next(-60, 61)));
            Check(MathF.ScaleB(x, -120), MathF.ScaleB(y, random.Next(-29, -5)), MathF.ScaleB(random.Next(1, 100), -149));
        }
    }

    /// <summary>
    /// Sums that lie beside the middle of two floats by less than a double can tell: rounded to a double first, they are the middle, and
    /// the tie goes to the wrong side half of the times. (1 + a)(1 - a) is 1 - a^2, and (1 + a)(1 - a + a^2) is 1 + a^3.
    /// </summary>
    [Fact]
    public void Sums_beside_a_tie_by_less_than_a_double_can_tell_are_rounded_once()
    {
        var random = new Random(3);
        for (int i = 0; i < Tries / 10; i++)
        {
            float a = MathF.ScaleB(1, -random.Next(15, 23)), b = MathF.ScaleB(1, -11), z =
                1 + (random.Next(1 << 23) * MathF.ScaleB(1, -23));
            float halfUlp = MathF.ScaleB(random.Next(2) == 0 ? 1 : -1, -24);
            int exponent = random.Next(-60, 61);
            foreach ((float x, float y) in new[] { (1 + a, 1 - a), (1 + b, 1 - b + (b * b)) })
            {
                foreach (float sign in new[] { 1f, -1f })
                    Check(MathF.ScaleB(x, exponent), halfUlp * y, MathF.ScaleB(sign * z, exponent));
            }
        }
    }

    [Fact]
    public void Special_numbers_give_what_the_standard_says()
    {
        foreach (float x in s_special)
        {
            foreach (float y in s_special)
            {
                foreach (float z in s_special)
                    Check(x, y, z);
            }
        }
    }

    private static void Check(float x, float y, float z)
    {
        float expected = Exact(x, y, z);
        float vector = EmulatedMultiplyAdd.Of(Vector128.Create(1f, x, x, x), Vector128.Create(1f, y, y, y),
            Vector128.Create(1f, z, z, z))[3];
        float scalar = EmulatedMultiplyAdd.Of(x, y, z);
        bool isRight = float.IsNaN(expected)
            ? float.IsNaN(vector) && float.IsNaN(scalar)
            : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(vector)
                && BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(scalar);
        Assert.True(isRight, $"{x:R} * {y:R} + {z:R} is {expected:R}, and not {vector:R} or {scalar:R}");
    }

    /// <summary>
    /// The sum as an integer of units of 2^-298, which every product and every float is a multiple of, rounded to nearest, ties to even.
    /// </summary>
    private static float Exact(float x, float y, float z)
    {
        if (!float.IsFinite(x) || !float.IsFinite(y) || !float.IsFinite(z))
            return (float)(((double)x * y) + z);
        BigInteger sum = (Units(x) * Units(y)) + (Units(z) << 149);
        if (sum.IsZero)
        {
            // Zeros of two signs give the positive one; of one sign, that.
            bool isNegative = (float.IsNegative(x) != float.IsNegative(y)) && float.IsNegative(z) && (x == 0 || y == 0) && z == 0;
            return isNegative ? -0f : 0f;
        }

        BigInteger magnitude = BigInteger.Abs(sum);
        int length = (int)magnitude.GetBitLength(), dropped = Math.Max(length - 24, 149);
        BigInteger kept = magnitude >> dropped, rest = magnitude - (kept << dropped), half = BigInteger.One << (dropped - 1);
        if (rest > half || (rest == half && !kept.IsEven))
            kept++;
        double value = Math.ScaleB((double)kept, dropped - 298);
        return (float)(sum.Sign * value);
    }

    /// <summary>A finite float in units of 2^-149.</summary>
    private static BigInteger Units(float number)
    {
        int bits = BitConverter.SingleToInt32Bits(number), exponent = (bits >> 23) & 0xFF;
        BigInteger mantissa = bits & 0x7FFFFF;
        BigInteger magnitude = exponent == 0 ? mantissa : (mantissa + 0x800000) << (exponent - 1);
        return bits < 0 ? -magnitude : magnitude;
    }

    private static float Any(Random random) =>
        random.Next(8) == 0 ? s_special[random.Next(s_special.Length)] : BitConverter.Int32BitsToSingle((int)random.NextInt64(1L << 32));

    private static float Near(Random random, float number) => number + (random.Next(-1000, 1001) * 1.1920929e-7f);
}
