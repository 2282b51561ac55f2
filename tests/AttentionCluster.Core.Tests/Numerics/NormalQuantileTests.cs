using System.Runtime.Intrinsics;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Tests.Numerics;

public class NormalQuantileTests
{
    /// <summary>Wanted: Python's <c>statistics.NormalDist().inv_cdf(0.5 + q)</c>, and published tables for round numbers.</summary>
    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(0.25, 0.6744897501960817)]
    [InlineData(0.4, 1.2815515655446004)]
    [InlineData(0.425, 1.4395314709384563)]
    [InlineData(0.45, 1.6448536269514722)]
    [InlineData(0.475, 1.9599639845400545)]
    [InlineData(0.499, 3.090232306167813)]
    [InlineData(0.4999, 3.719016485455709)]
    public void It_is_the_inverse_of_the_normal_distribution(double q, double wanted)
    {
        Assert.Equal(wanted, At(q), wanted * 1e-15);
        Assert.Equal(-At(q), At(-q));
    }

    /// <summary>Far out 0.5 + q has few digits left, so the check goes by the tail: p from the asymptotic series of erfc.</summary>
    [Theory]
    [InlineData(1e-9)]
    [InlineData(1e-11)]
    [InlineData(1e-13)]
    [InlineData(1.0 / (1L << 53))]
    public void It_holds_in_the_far_tail(double tail)
    {
        double q = 0.5 - tail;
        double z = At(q);
        double p = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI) * MillsRatio(z);
        Assert.Equal(1, p / (0.5 - q), 1e-9);
    }

    [Fact]
    public void Both_ways_meet_where_they_part()
    {
        double beyond = Math.BitIncrement(NormalQuantile.CentralMax);
        Assert.Equal(At(NormalQuantile.CentralMax), At(beyond), 1e-14);
        Assert.True(At(beyond) >= At(NormalQuantile.CentralMax) - 1e-15);
    }

    private static double At(double q) =>
        Math.Abs(q) <= NormalQuantile.CentralMax ? NormalQuantile.Central(Vector256.Create(q))[0] : NormalQuantile.Tail(q);

    /// <summary>Upper tail over density, by Laplace's continued fraction.</summary>
    private static double MillsRatio(double z)
    {
        double fraction = z;
        for (int k = 200; k >= 1; k--)
            fraction = z + k / fraction;
        return 1 / fraction;
    }
}
