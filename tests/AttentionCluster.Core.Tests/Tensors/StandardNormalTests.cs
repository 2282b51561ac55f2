using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;
using CsCheck;

namespace AttentionCluster.Core.Tests.Tensors;

public class StandardNormalTests
{
    private static readonly TensorShape _shape = new(2, 3, 1_000, 64);

    [Theory]
    [InlineData(1, "q", "ea6307ae2c61540a29a067391837a8ce96da2e66c12c5cce9e63e6afeb704500")]
    [InlineData(1, "k", "46f80aadd1fdcedffef2fdb5c1a5177519f6e6d6bb098ab985be179cb012ea08")]
    [InlineData(ulong.MaxValue, "v", "4c3205d73e1deaf529c5a9506fa664618c5bb17c2da6071757df1e08e393bfd6")]
    public void Its_bits_are_these_on_every_machine(ulong seed, string name, string sha256) =>
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(Whole(seed, name, _shape)))));

    /// <summary>Computed by Python from the description alone: integers by hand, then <c>NormalDist().inv_cdf</c>.</summary>
    [Fact]
    public void It_is_what_its_description_says()
    {
        float[] whole = Whole(1, "q", _shape);
        double[] wanted = [-1.8414490766355287, -1.234377090964745, -1.3828003795662478, 1.390653738475374, -3.487657352496681];
        for (int i = 0; i < wanted.Length; i++)
            Assert.Equal(wanted[i], whole[i], 1e-6);
        Assert.Equal(-0.2769844266986297, whole[^1], 1e-6);
    }

    [Fact]
    public void Any_part_is_the_same_as_in_the_whole()
    {
        float[] whole = Whole(7, "q", _shape);
        Gen.Select(Gen.Int[0, whole.Length], Gen.Int[0, 100]).Sample((first, length) =>
        {
            float[] part = new float[Math.Min(length, whole.Length - first)];
            StandardNormal.Fill(7, "q", _shape, first, part);
            Assert.Equal(whole[first..][..part.Length], part);
        }, iter: 2_000);
    }

    [Fact]
    public void Seed_name_and_every_axis_change_it_but_rank_does_not()
    {
        TensorShape shape = new(1, 1, 8, 4);
        float[] one = Whole(1, "q", shape);
        Assert.NotEqual(one, Whole(2, "q", shape));
        Assert.NotEqual(one, Whole(1, "k", shape));
        Assert.NotEqual(one, Whole(1, "q", shape with { Rows = 4, Width = 8 }));
        Assert.NotEqual(one, Whole(1, "q", shape with { Batch = 2 })[..one.Length]);
        Assert.NotEqual(one, Whole(1, "q", shape with { Heads = 2 })[..one.Length]);
        Assert.Equal(one, Whole(1, "q", shape with { Rank = 2 }));
    }

    /// <summary>Bounds: five standard errors of each statistic of a million independent values.</summary>
    [Fact]
    public void Moments_and_tails_are_those_of_the_normal_distribution()
    {
        float[] values = Whole(1, "q", new TensorShape(1, 1, 1_000, 1_000));
        double error = 5 / Math.Sqrt(values.Length);
        Assert.Equal(0, Mean(x => x), error);
        Assert.Equal(1, Mean(x => x * x), error * Math.Sqrt(2));
        Assert.Equal(0, Mean(x => x * x * x), error * Math.Sqrt(15));
        Assert.Equal(3, Mean(x => x * x * x * x), error * Math.Sqrt(96));
        Assert.Equal(0.317310507862914, Mean(x => Math.Abs(x) > 1 ? 1 : 0), error * Math.Sqrt(0.3173));
        Assert.Equal(0.0026997960632601, Mean(x => Math.Abs(x) > 3 ? 1 : 0), error * Math.Sqrt(0.0027));
        Assert.InRange(values.Max(), 4.2f, 6.5f);
        Assert.InRange(values.Min(), -6.5f, -4.2f);

        double Mean(Func<double, double> of) => values.Average(x => of(x));
    }

    [Fact]
    public void Neighbours_and_tensors_of_one_seed_are_uncorrelated()
    {
        TensorShape shape = new(1, 1, 1_000, 1_000);
        float[] q = Whole(1, "q", shape);
        float[] k = Whole(1, "k", shape);
        double error = 5 / Math.Sqrt(q.Length);
        foreach (int lag in (int[])[1, 2, 8, 1_000])
            Assert.Equal(0, q.Skip(lag).Zip(q, (a, b) => (double)a * b).Average(), error);
        Assert.Equal(0, q.Zip(k, (a, b) => (double)a * b).Average(), error);
    }

    [Fact]
    public void A_range_outside_of_the_tensor_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => StandardNormal.Fill(1, "q", _shape, -1, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => StandardNormal.Fill(1, "q", _shape, _shape.ElementCount, new float[1]));
        StandardNormal.Fill(1, "q", _shape, _shape.ElementCount, []);
    }

    private static float[] Whole(ulong seed, string name, TensorShape shape)
    {
        float[] values = new float[shape.ElementCount];
        StandardNormal.Fill(seed, name, shape, 0, values);
        return values;
    }
}
