using AttentionCluster.Core.Partials;
using CsCheck;
using static AttentionCluster.Core.Tests.Partials.RandomPartials;

namespace AttentionCluster.Core.Tests.Partials;

public unsafe class MergeTests
{
    private static readonly Gen<(int Rows, int Width, Random Random)> Sizes =
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 40], Gen.Int).Select((rows, width, seed) => (rows, width, new Random(seed)));

    [Fact]
    public void Merging_with_the_empty_partial_on_either_side_changes_no_bit() => Sizes.Sample((rows, width, random) =>
    {
        using Partial some = Any(random, rows, width);
        using Partial into = Copy(some);
        using var from = new Partial(rows, width);
        using var empty = new Partial(rows, width);

        PartialAlgebra.Merge(into, empty);
        PartialAlgebra.Merge(from, some);

        Assert.Equal(Bits(some), Bits(into));
        Assert.Equal(Bits(some), Bits(from));
    });

    [Fact]
    public void Two_empty_partials_make_the_empty_partial()
    {
        using var into = new Partial(3, 5);
        using var from = new Partial(3, 5);
        using var empty = new Partial(3, 5);

        PartialAlgebra.Merge(into, from);

        Assert.Equal(Bits(empty), Bits(into));
        Assert.Equal((float.NegativeInfinity, 0f, 0f), (into.Max[2], into.Sum[2], into.Accumulator[(2 * into.Stride) + 4]));
    }

    [Fact]
    public void Merging_leaves_the_other_partial_as_it_was() => Sizes.Sample((rows, width, random) =>
    {
        using Partial into = Any(random, rows, width);
        using Partial from = Any(random, rows, width);
        using Partial before = Copy(from);

        PartialAlgebra.Merge(into, from);

        Assert.Equal(Bits(before), Bits(from));
    });

    [Fact]
    public void Merging_is_commutative_bit_for_bit() => Sizes.Sample((rows, width, random) =>
    {
        using Partial a = Any(random, rows, width);
        using Partial b = Any(random, rows, width);
        using Partial ab = Copy(a);
        using Partial ba = Copy(b);

        PartialAlgebra.Merge(ab, b);
        PartialAlgebra.Merge(ba, a);

        Assert.Equal(Bits(ab), Bits(ba));
    });

    [Theory]
    [InlineData(1e4f, -1e4f)]
    [InlineData(-1e4f, 1e4f)]
    [InlineData(1e4f, 9999.5f)]
    [InlineData(-1e4f, -1e4f)]
    [InlineData(30f, -50f)]
    public void A_merge_is_within_float32_of_the_exact_one_however_far_apart_the_maxima(float ourMax, float theirMax)
    {
        using Partial into = OneRow(ourMax, sum: 3.7f, accumulator: -2.3f);
        using Partial from = OneRow(theirMax, sum: 1.9f, accumulator: 1.1f);
        double max = Math.Max(ourMax, theirMax);
        double ours = Math.Exp(ourMax - max), theirs = Math.Exp(theirMax - max);

        PartialAlgebra.Merge(into, from);

        const double epsilons = 4 * 1.1920929e-7;
        Assert.Equal((float)max, into.Max[0]);
        Assert.Equal((3.7f * ours) + (1.9f * theirs), into.Sum[0], epsilons * 5.6);
        Assert.Equal((-2.3f * ours) + (1.1f * theirs), into.Accumulator[0], epsilons * 3.4);
    }

    [Fact]
    public void A_row_that_is_not_a_number_stays_one_on_either_side()
    {
        using Partial some = OneRow(1, 1, 1);
        using Partial into = OneRow(float.NaN, float.NaN, float.NaN);
        using Partial from = OneRow(1, 1, 1);

        PartialAlgebra.Merge(from, into);
        PartialAlgebra.Merge(into, some);

        Assert.True(float.IsNaN(into.Sum[0]) && float.IsNaN(into.Accumulator[0]));
        Assert.True(float.IsNaN(from.Sum[0]) && float.IsNaN(from.Accumulator[0]));
    }

    [Theory]
    [InlineData(4, 5)]
    [InlineData(3, 6)]
    public void Partials_of_different_shapes_do_not_merge(int rows, int valueWidth)
    {
        using var into = new Partial(3, 5);
        using var from = new Partial(rows, valueWidth);

        ArgumentException error = Assert.Throws<ArgumentException>(() => PartialAlgebra.Merge(into, from));

        Assert.Contains($"{rows} x {valueWidth}", error.Message, StringComparison.Ordinal);
        Assert.Contains("3 x 5", error.Message, StringComparison.Ordinal);
    }

    private static Partial OneRow(float max, float sum, float accumulator)
    {
        var partial = new Partial(1, 1);
        (partial.Max[0], partial.Sum[0], partial.Accumulator[0]) = (max, sum, accumulator);
        return partial;
    }

    [Theory]
    [InlineData(-1e9, -1e9)]
    [InlineData(-1e9, -1e9 + 1)]
    [InlineData(3e38, 3e38)]
    [InlineData(0, -1e9)]
    [InlineData(-1e9, 0)]
    public void Constants_that_were_taken_off_are_told_apart_to_the_last_unit(double first, double second)
    {
        using var into = new Partial(1, 1, hasShift: true);
        using var from = new Partial(1, 1, hasShift: true);
        (into.Max[0], into.Sum[0], into.Shift[0], into.Accumulator[0]) = (2, 1, first, 10);
        (from.Max[0], from.Sum[0], from.Shift[0], from.Accumulator[0]) = (1, 1, second, 20);
        double lead = 1 + (first - second), weight = 1 / (1 + Math.Exp(-lead));

        PartialAlgebra.Merge(into, from);

        float[] output = new float[1];
        float lse = PartialAlgebra.Finish(into, 0, output);
        Assert.Equal((10 * weight) + (20 * (1 - weight)), output[0], 1e-5);
        Assert.Equal((float)Math.Max(2 + first, 1 + second), lse, Math.Max(1f, Math.Abs((float)(first + second))) * 1e-6f);
    }
}
