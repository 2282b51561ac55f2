using AttentionCluster.Core.Numerics;
using CsCheck;

namespace AttentionCluster.Core.Tests.Numerics;

public class NaturalLogTests
{
    private const double RelativeErrorMax = 1e-15;

    [Fact]
    public void It_agrees_with_the_C_library_over_the_whole_range() =>
        Gen.Long[1, 0x7FEFFFFFFFFFFFFF].Select(BitConverter.Int64BitsToDouble).Sample(Agrees, iter: 200_000);

    [Fact]
    public void It_agrees_with_the_C_library_near_one() =>
        Gen.Select(Gen.Double[-0.5, 0.5], Gen.Int[0, 52]).Select((d, e) => 1 + Math.ScaleB(d, -e)).Sample(Agrees, iter: 200_000);

    [Fact]
    public void It_agrees_with_the_C_library_where_a_number_changes_sides()
    {
        foreach (double x in (double[])[double.Epsilon, 2.2250738585072009E-308, 2.2250738585072014E-308, 0.5, Math.Sqrt(0.5),
            Math.Sqrt(2), 2, Math.E, double.MaxValue])
        {
            Assert.True(Agrees(x), $"{x:R}");
            Assert.True(Agrees(Math.BitIncrement(x)) || x == double.MaxValue, $"after {x:R}");
        }
    }

    [Fact]
    public void Its_bits_are_these()
    {
        Assert.Equal(0, NaturalLog.Of(1));
        Assert.Equal(0x3FE62E42FEFA39EF, BitConverter.DoubleToInt64Bits(NaturalLog.Of(2)));
        Assert.Equal(0x40026BB1BBB55516, BitConverter.DoubleToInt64Bits(NaturalLog.Of(10)));
        Assert.Equal(0x3FF250D048E7A1BD, BitConverter.DoubleToInt64Bits(NaturalLog.Of(Math.PI)));
    }

    [Fact]
    public void Outside_of_its_domain_it_says_what_IEEE_754_says()
    {
        Assert.Equal(double.NegativeInfinity, NaturalLog.Of(0));
        Assert.Equal(double.PositiveInfinity, NaturalLog.Of(double.PositiveInfinity));
        Assert.Equal(double.NaN, NaturalLog.Of(-1));
        Assert.Equal(double.NaN, NaturalLog.Of(double.NaN));
    }

    private static bool Agrees(double x)
    {
        double wanted = Math.Log(x);
        return Math.Abs(NaturalLog.Of(x) - wanted) <= RelativeErrorMax * Math.Abs(wanted);
    }
}
