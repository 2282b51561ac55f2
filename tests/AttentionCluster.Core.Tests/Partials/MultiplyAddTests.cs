using System.Numerics.Tensors;

namespace AttentionCluster.Core.Tests.Partials;

/// <summary>What the algebra of partials relies on in System.Numerics.Tensors.</summary>
public class MultiplyAddTests
{
    [Fact]
    public void The_product_is_rounded_before_the_sum_in_vectors_of_every_length()
    {
        var random = new Random(1);
        for (int length = 0; length <= 256; length++)
        {
            float[] x = Random(random, length), z = Random(random, length);
            float y = random.NextSingle();
            float[] actual = new float[length];

            TensorPrimitives.MultiplyAdd(x, y, z, actual);

            Assert.Equal(x.Zip(z, (xi, zi) => RoundedTwice(xi, y, zi)), actual);
        }
    }

    [Fact]
    public void A_fused_sum_would_differ_so_that_the_test_above_can_fail()
    {
        Assert.NotEqual(MathF.FusedMultiplyAdd(1.1f, 1.1f, -1.21f), RoundedTwice(1.1f, 1.1f, -1.21f));
    }

    private static float RoundedTwice(float x, float y, float z)
    {
        // A float64 holds the product of two floats exactly, so each conversion is the one rounding.
        float product = (float)((double)x * y);
        return (float)((double)product + z);
    }

    private static float[] Random(Random random, int length) =>
        [.. Enumerable.Range(0, length).Select(_ => (2 * random.NextSingle()) - 1)];
}
