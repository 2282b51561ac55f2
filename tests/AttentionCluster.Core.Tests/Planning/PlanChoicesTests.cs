using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tests.Attention;

namespace AttentionCluster.Core.Tests.Planning;

public class PlanChoicesTests
{
    [Fact]
    public void A_causal_plan_dispatches_the_last_rows_first_each_block_with_the_segments_that_it_meets()
    {
        var one = new AttentionCase(1000, 5000, 64, 32)
        {
            QueryHeads = 4,
            KvHeads = 2,
            Options = new AttentionOptions { Causal = true, Align = CausalAlignment.TopLeft, KeysPerSegment = 300, RowsPerBlock = 256 },
        };
        AttentionPlan plan = one.Plan;

        Assert.Equal((8, 17), (plan.BlockCount, plan.SegmentCount));
        Assert.Equal((20, 80, 464, 384_384_000), (plan.TaskCount, plan.TilesComputed, plan.TilesSkipped, plan.Flops));
        Assert.Equal(
            [(768, 999, new KeyRange(0, 4)), (512, 767, new KeyRange(0, 3)), (256, 511, new KeyRange(0, 2)), (0, 255, new KeyRange(0, 1))],
            from index in Enumerable.Range(0, plan.BlockCount)
            let block = plan.Block(index)
            where block.KvHead == 0
            select (block.FirstRow, block.EndRow - 1, block.Segments));
    }

    [Fact]
    public void A_block_that_sees_no_key_meets_no_segment()
    {
        var one = new AttentionCase(4, 2) { Options = new() { Causal = true, RowsPerBlock = 2 } };

        Assert.Equal([(2, 1), (0, 0)],
            Enumerable.Range(0, 2).Select(one.Plan.Block).Select(block => (block.FirstRow, block.Segments.Count)));
    }

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
}
