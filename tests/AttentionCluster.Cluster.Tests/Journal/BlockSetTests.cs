using AttentionCluster.Cluster.Journal;
using CsCheck;

namespace AttentionCluster.Cluster.Tests.Journal;

public sealed class BlockSetTests
{
    private static readonly Gen<int[]> Blocks = Gen.Int[0, 40].Array[0, 30];

    [Fact]
    public void A_union_has_the_blocks_of_both_in_as_few_ranges_as_there_are() => Gen.Select(Blocks, Blocks).Sample((left, right) =>
    {
        BlockSet union = BlockSet.Of(left).Union(BlockSet.Of(right));

        int[] expected = [.. left.Union(right).Order()];
        Assert.Equal(expected, union.Blocks);
        Assert.Equal(expected.Length, union.Count);
        Assert.Equal(expected.Count(block => !expected.Contains(block - 1)), union.Ranges.Length);
        Assert.Equal(union.Ranges.AsEnumerable(), BlockSet.Of(union.ToMessages()).Ranges);
    });
}
