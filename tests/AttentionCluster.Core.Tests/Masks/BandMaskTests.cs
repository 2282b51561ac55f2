using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tests.Attention;
using CsCheck;

namespace AttentionCluster.Core.Tests.Masks;

public class BandMaskTests
{
    private static readonly Gen<(AttentionCase Case, int First, int End)> CasesWithRows =
        from one in AttentionCaseGen.Small
        from first in Gen.Int[0, one.Queries - 1]
        from end in Gen.Int[first + 1, one.Queries]
        select (one, first, end);

    [Fact]
    public void A_row_sees_the_keys_that_the_definition_gives_it() => AttentionCaseGen.Small.Sample(one =>
    {
        BandMask mask = one.Band;
        for (int row = 0; row < one.Queries; row++)
            Assert.Equal(SeenByAny(one, row, row + 1), Enumerate(mask.VisibleTo(row, one.Keys)));
    });

    [Fact]
    public void Rows_together_see_the_union_of_what_each_sees() => CasesWithRows.Sample(x =>
    {
        BandMask mask = x.Case.Band;
        Assert.Equal(SeenByAny(x.Case, x.First, x.End), Enumerate(mask.VisibleToAny(x.First, x.End, x.Case.Keys)));
    });

    [Fact]
    public void Counted_pairs_are_those_that_the_definition_lists() =>
        Gen.Select(CasesWithRows, Gen.Int[0, 45], Gen.Int[0, 45]).Sample((x, start, end) =>
    {
        BandMask mask = x.Case.Band;
        long expected = 0;
        for (int row = x.First; row < x.End; row++)
        {
            for (int key = start; key < end; key++)
                expected += x.Case.Sees(row, key) ? 1 : 0;
        }

        Assert.Equal(expected, mask.CountVisible(x.First, x.End, new KeyRange(start, end)));
    });

    [Fact]
    public void A_band_that_ends_before_it_starts_shows_nothing()
    {
        var mask = new BandMask(Lower: 3, Upper: 1);

        Assert.True(mask.VisibleToAny(0, 100, 200).IsEmpty);
        Assert.Equal(0, mask.CountVisible(0, 100, new KeyRange(0, 200)));
    }

    [Theory]
    [InlineData(int.MaxValue, 1)]
    [InlineData(-int.MaxValue, 0)]
    public void The_furthest_offsets_show_all_or_nothing_of_the_longest_sequence(long offset, int visible)
    {
        var one = new AttentionCase(int.MaxValue, int.MaxValue) { Options = new() { Causal = true, Offset = offset } };
        BandMask mask = one.Band;
        int last = int.MaxValue - 1;

        Assert.Equal(visible * int.MaxValue, mask.VisibleTo(0, one.Keys).Count);
        Assert.Equal(visible * (long)int.MaxValue, mask.CountVisible(0, 1, new KeyRange(0, one.Keys)));
        Assert.Equal(offset > 0 ? int.MaxValue : 0, mask.VisibleTo(last - 1, one.Keys).Count);
    }

    [Fact]
    public void Counting_the_pairs_of_the_longest_sequence_does_not_overflow()
    {
        var one = new AttentionCase(int.MaxValue, int.MaxValue) { Options = new() { Causal = true } };
        BandMask mask = one.Band;

        Assert.Equal((long)int.MaxValue * ((long)int.MaxValue + 1) / 2, mask.CountVisible(0, int.MaxValue, new KeyRange(0, int.MaxValue)));
    }

    [Fact]
    public void Causal_rows_of_unequal_lengths_align_bottom_right_unless_told_otherwise()
    {
        var bottomRight = new AttentionCase(2, 5) { Options = new() { Causal = true } };
        AttentionCase topLeft = bottomRight with { Options = new() { Causal = true, Align = CausalAlignment.TopLeft } };
        AttentionCase atTwo = bottomRight with { Options = new() { Causal = true, Align = CausalAlignment.TopLeft, Offset = 2 } };

        Assert.Equal(new KeyRange(0, 4), FirstRow(bottomRight));
        Assert.Equal(new KeyRange(0, 1), FirstRow(topLeft));
        Assert.Equal(new KeyRange(0, 3), FirstRow(atTwo));
    }

    private static KeyRange FirstRow(AttentionCase one) => one.Band.VisibleTo(0, one.Keys);

    private static int[] SeenByAny(AttentionCase one, int first, int end) =>
        [.. Enumerable.Range(0, one.Keys).Where(key => Enumerable.Range(first, end - first).Any(row => one.Sees(row, key)))];

    private static int[] Enumerate(KeyRange keys) => [.. Enumerable.Range(keys.Start, keys.Count)];
}
