using System.Globalization;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tests.Attention;
using CsCheck;

namespace AttentionCluster.Core.Tests.Planning;

public class PlanTextTests
{
    [Fact]
    public void A_causal_plan_prints_its_blocks_with_the_segments_that_they_meet()
    {
        var one = new AttentionCase(1000, 5000, 64, 32)
        {
            QueryHeads = 4,
            KvHeads = 2,
            Options = new AttentionOptions
            {
                Causal = true,
                Align = CausalAlignment.TopLeft,
                KeysPerSegment = 300,
                RowsPerBlock = 256,
                Kernel = KernelChoice.Portable,
            },
        };

        string expected = """
            q [1, 4, 1000, 64] k [1, 2, 5000, 64] v [1, 2, 5000, 32] kernel separate
            8 blocks of 256 rows, 17 segments of 300 keys a head
            20 tasks, 116 skipped; 80 tiles, 464 skipped; 384384000 flops
            rows 768..999: segments 0..3
            rows 512..767: segments 0..2
            rows 256..511: segments 0..1
            rows 0..255: segments 0..0

            """;
        Assert.Equal(expected, one.Plan.ToString());
    }

    [Fact]
    public void A_block_that_sees_no_key_meets_no_segment()
    {
        var one = new AttentionCase(4, 2) { Options = new() { Causal = true, RowsPerBlock = 2 } };

        Assert.EndsWith("rows 2..3: segments 0..0\nrows 0..1: no segment\n", one.Plan.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_plans_of_the_same_job_print_the_same_whatever_the_culture() => AttentionCaseGen.Small.Sample(one =>
    {
        AttentionCase automatic = one with { Options = one.Options with { KeysPerSegment = null, RowsPerBlock = null } };
        string[] texts = [one.Plan.ToString(), automatic.Plan.ToString()];

        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureOfCommas();
        try
        {
            Assert.Equal(texts, new[] { one.Plan.ToString(), automatic.Plan.ToString() });
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    });

    [Theory]
    [InlineData(1, 1, 192)]
    [InlineData(8, 16_384, 1024)]
    [InlineData(1, 16_384, 256)]
    [InlineData(1, 1_048_576, 1024)]
    public void Unless_told_the_plan_takes_smaller_blocks_for_a_job_that_would_have_few_tasks(int heads, int length, int rowsPerBlock)
    {
        var one = new AttentionCase(length, length, 128, 128) { QueryHeads = heads, KvHeads = heads };

        Assert.Equal(Math.Min(rowsPerBlock, length), one.Plan.RowsPerBlock);
        Assert.Equal(16_384, one.Plan.KeysPerSegment);
    }

    [Fact]
    public void Unless_told_the_scale_is_one_over_the_root_of_the_key_width()
    {
        var one = new AttentionCase(1, 1, 64, 7);

        Assert.Equal(0.125, one.Plan.Scale);
        Assert.Equal(3.5, (one with { Options = new() { Scale = 3.5 } }).Plan.Scale);
    }

    private static CultureInfo CultureOfCommas()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (culture.NumberFormat.NegativeSign, culture.NumberFormat.NumberDecimalSeparator) = ("~", ",");
        return culture;
    }
}
