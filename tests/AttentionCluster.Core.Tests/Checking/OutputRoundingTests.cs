using AttentionCluster.Core.Checking;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Checking;

public class OutputRoundingTests
{
    [Theory]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    public void No_number_is_rounded_further_than_it_says_and_some_are_rounded_as_far(ElementType type)
    {
        OutputRounding rounding = OutputRounding.To(type);
        var random = new Random(1);
        double worst = 0;
        for (int i = 0; i < 100_000; i++)
        {
            // Over all exponents of the type, subnormal ones too, and those beyond it.
            float number = BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32));
            if (!float.IsFinite(number))
                continue;
            double error = Math.Abs((double)Rounded(type, number) - number);
            if (rounding.Beyond(number) > 0)
            {
                // What is finite stays finite.
                Assert.Equal(rounding.Beyond(number), error);
                continue;
            }

            Assert.InRange(error, 0, Math.Max(rounding.Relative * Math.Abs(number), rounding.Absolute));
            if (error > rounding.Absolute)
                worst = Math.Max(worst, error / Math.Abs(number));
        }

        Assert.Equal(rounding.Largest, Rounded(type, float.MaxValue));
        Assert.Equal(-rounding.Largest, Rounded(type, float.MinValue));
        Assert.Equal(float.NegativeInfinity, Rounded(type, float.NegativeInfinity));
        Assert.True(worst > 0.9 * rounding.Relative, $"{worst}");
    }

    private static float Rounded(ElementType type, float number)
    {
        byte[] stored = new byte[type.ByteSize()];
        float[] widened = new float[1];
        type.FromSingle([number], stored);
        type.ToSingle(stored, widened);
        return widened[0];
    }
}
