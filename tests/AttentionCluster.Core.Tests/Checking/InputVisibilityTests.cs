using AttentionCluster.Core.Checking;
using AttentionCluster.Core.Tests.Attention;
using CsCheck;

namespace AttentionCluster.Core.Tests.Checking;

public class InputVisibilityTests
{
    [Fact]
    public void A_row_counts_when_the_definition_lets_one_pair_use_it() => AttentionCaseGen.Small.Sample(one =>
    {
        var visibility = new InputVisibility(one.Plan);
        for (int row = 0; row < one.Queries; row++)
            Assert.Equal(Enumerable.Range(0, one.Keys).Any(key => one.Sees(row, key)), visibility.SeesAny(0, 0, row));
        for (int key = 0; key < one.Keys; key++)
            Assert.Equal(Enumerable.Range(0, one.Queries).Any(row => one.Sees(row, key)), visibility.IsSeen(0, 0, key));
    });
}
