using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tests.Attention;
using CsCheck;

namespace AttentionCluster.Core.Tests.Planning;

public class PlanCoverageTests
{
    [Fact]
    public void Every_query_row_of_every_head_is_in_exactly_one_block() => AttentionCaseGen.Small.Sample(one =>
    {
        AttentionPlan plan = one.Plan;
        int[,,] times = new int[one.Batch, one.QueryHeads, one.Queries];
        foreach (QueryBlock block in Blocks(plan))
        {
            Assert.InRange(block.Rows, 1, plan.RowsPerBlock);
            Assert.Equal(block.Rows * one.Shape.GroupSize, plan.PartialRows(block));
            for (int head = 0; head < one.Shape.GroupSize; head++)
            {
                for (int row = block.FirstRow; row < block.EndRow; row++)
                    times[block.Batch, (block.KvHead * one.Shape.GroupSize) + head, row]++;
            }
        }

        Assert.All(times.Cast<int>(), count => Assert.Equal(1, count));
    });

    [Fact]
    public void Every_key_is_in_exactly_one_segment() => AttentionCaseGen.Small.Sample(one =>
    {
        AttentionPlan plan = one.Plan;
        IEnumerable<int> keys = Enumerable.Range(0, plan.SegmentCount).Select(plan.SegmentKeys)
            .SelectMany(segment => Enumerable.Range(segment.Start, segment.Count));

        Assert.Equal(Enumerable.Range(0, one.Keys), keys);
    });

    [Fact]
    public void Every_visible_pair_is_in_exactly_one_task_and_no_task_is_without_one() => AttentionCaseGen.Small.Sample(one =>
    {
        AttentionPlan plan = one.Plan;
        int[,,,] times = new int[one.Batch, one.KvHeads, one.Queries, one.Keys];
        foreach (QueryBlock block in Blocks(plan))
        {
            for (int segment = block.Segments.Start; segment < block.Segments.End; segment++)
            {
                bool any = false;
                for (int row = block.FirstRow; row < block.EndRow; row++)
                {
                    for (int key = plan.SegmentKeys(segment).Start; key < plan.SegmentKeys(segment).End; key++)
                    {
                        times[block.Batch, block.KvHead, row, key]++;
                        any |= one.Sees(row, key);
                    }
                }

                Assert.True(any, $"segment {segment} of block {block}");
            }
        }

        for (int batch = 0; batch < one.Batch; batch++)
        {
            for (int head = 0; head < one.KvHeads; head++)
            {
                for (int row = 0; row < one.Queries; row++)
                {
                    for (int key = 0; key < one.Keys; key++)
                        Assert.InRange(times[batch, head, row, key], one.Sees(row, key) ? 1 : 0, 1);
                }
            }
        }
    });

    [Fact]
    public void Blocks_are_numbered_in_the_order_of_dispatch_later_rows_first() => AttentionCaseGen.Small.Sample(one =>
    {
        QueryBlock[] blocks = Blocks(one.Plan);

        Assert.Equal(Enumerable.Range(0, blocks.Length), blocks.Select(block => block.Index));
        Assert.Equal(blocks.OrderByDescending(block => block.FirstRow).ThenBy(block => block.Batch).ThenBy(block => block.KvHead), blocks);
    });

    private static QueryBlock[] Blocks(AttentionPlan plan) =>
        [.. Enumerable.Range(0, plan.BlockCount).Select(plan.Block)];
}
