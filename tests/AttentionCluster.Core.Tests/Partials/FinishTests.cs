using AttentionCluster.Core.Partials;

namespace AttentionCluster.Core.Tests.Partials;

public unsafe class FinishTests
{
    [Fact]
    public void A_row_without_a_key_gives_zeros_and_minus_infinity()
    {
        using var partial = new Partial(2, 3);
        float[] output = [7, 7, 7];

        float lse = PartialAlgebra.Finish(partial, 1, output);

        Assert.Equal([0f, 0f, 0f], output);
        Assert.Equal(float.NegativeInfinity, lse);
    }

    [Fact]
    public void Output_is_divided_by_the_sum_and_the_logarithm_is_natural()
    {
        using var partial = new Partial(2, 2);
        (partial.Max[1], partial.Sum[1]) = (5f, 3f);
        (partial.Accumulator[partial.Stride], partial.Accumulator[partial.Stride + 1]) = (2f, -7f);
        float[] output = new float[2];

        float lse = PartialAlgebra.Finish(partial, 1, output);

        Assert.Equal([2f / 3f, -7f / 3f], output);
        Assert.Equal((float)(5 + Math.Log(3)), lse);
    }

    [Theory]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(0f, 1f)]
    public void Only_the_elements_of_the_row_are_written(float max, float sum)
    {
        using var partial = new Partial(1, 2);
        (partial.Max[0], partial.Sum[0]) = (max, sum);
        float[] output = [7, 7, 7];

        PartialAlgebra.Finish(partial, 0, output);

        Assert.Equal([0f, 0f, 7f], output);
    }

    [Fact]
    public void A_sum_that_is_not_a_number_makes_the_whole_row_not_a_number()
    {
        using var partial = new Partial(1, 1);
        (partial.Max[0], partial.Sum[0], partial.Accumulator[0]) = (2f, float.NaN, 1f);
        float[] output = new float[1];

        float lse = PartialAlgebra.Finish(partial, 0, output);

        Assert.True(float.IsNaN(lse) && float.IsNaN(output[0]));
    }

    [Fact]
    public void A_partial_that_is_reset_is_the_empty_one()
    {
        using var used = new Partial(3, 2);
        using var empty = new Partial(3, 2);
        RandomPartials.Bits(used).Fill(0x7F);

        used.Reset();

        Assert.Equal(RandomPartials.Bits(empty), RandomPartials.Bits(used));
    }
}
