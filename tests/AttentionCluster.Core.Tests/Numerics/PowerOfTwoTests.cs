using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Tests.Numerics;

public class PowerOfTwoTests
{
    [Fact]
    public void It_is_within_two_units_in_the_last_place_from_the_smallest_float_to_one()
    {
        const int steps = 300_000;
        for (int i = 0; i <= steps; i++)
        {
            float x = -149f * i / steps;
            Assert.InRange(UnitsInTheLastPlace(PowerOfTwo.Of(x), Math.Pow(2, x)), 0, 2);
        }
    }

    [Fact]
    public void It_is_exact_at_every_whole_number()
    {
        for (int n = -149; n <= 27; n++)
            Assert.Equal((float)Math.Pow(2, n), PowerOfTwo.Of(n));
    }

    [Theory]
    [InlineData(-160f)]
    [InlineData(-1e30f)]
    [InlineData(float.NegativeInfinity)]
    public void Far_below_it_is_zero(float x) => Assert.Equal(0f, PowerOfTwo.Of(x));

    [Fact]
    public void It_never_falls_as_its_argument_rises_by_a_thousandth()
    {
        for (int i = -160_000; i < 0; i++)
            Assert.True(PowerOfTwo.Of(i / 1000f) <= PowerOfTwo.Of((i + 1) / 1000f), $"at {i / 1000f}");
    }

    [Fact]
    public void What_is_not_a_number_stays_so() => Assert.True(float.IsNaN(PowerOfTwo.Of(float.NaN)));

    [Theory]
    [InlineData(3f, 3f, 1f)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, 1f)]
    [InlineData(float.NegativeInfinity, -1e38f, 0f)]
    public void The_weight_of_the_maximum_is_one_and_of_no_score_zero(float score, float max, float weight) =>
        Assert.Equal(weight, PowerOfTwo.Weight(score, max));

    /// <summary>Distance in units of the float next to the exact value; below the normal range the unit is the smallest float.</summary>
    private static double UnitsInTheLastPlace(float actual, double exact)
    {
        double unit = Math.Max(MathF.BitIncrement((float)exact) - (float)exact, float.Epsilon);
        return Math.Abs(actual - exact) / unit;
    }
}
