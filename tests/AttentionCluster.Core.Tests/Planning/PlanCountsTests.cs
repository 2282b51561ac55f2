using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tests.Attention;
using CsCheck;

namespace AttentionCluster.Core.Tests.Planning;

public class PlanCountsTests
{
    /// <summary>Blocks and segments of one or several tiles, mostly with odd ends.</summary>
    private static readonly Gen<AttentionCase> SeveralTiles =
        AttentionCaseGen.Of(queriesMax: 500, keysMax: 1700, keysPerSegmentMax: 1200, rowsPerBlockMax: 450);

    [Fact]
    public void Tasks_and_operations_are_those_of_the_visible_pairs() => AttentionCaseGen.Small.Sample(small =>
    {
        AttentionCase one = small with { KeyWidth = 3, ValueWidth = 5 };
        AttentionPlan plan = one.Plan;
        QueryBlock[] blocks = [.. Enumerable.Range(0, plan.BlockCount).Select(plan.Block)];
        int heads = one.Batch * one.KvHeads;
        long pairs = Pairs(one, 0, one.Queries, new KeyRange(0, one.Keys));
        long tasks = heads * TasksOfOneHead(one, plan);

        Assert.Equal(tasks, plan.TaskCount);
        Assert.Equal(2.0 * (3 + 5) * one.Batch * one.QueryHeads * pairs, plan.Flops);
        Assert.Equal(plan.Flops, blocks.Sum(block =>
            Enumerable.Range(0, plan.SegmentCount).Sum(segment => plan.TaskFlops(block, segment))));
    });

    [Fact]
    public void Tiles_are_computed_where_a_pair_is_visible_and_skipped_elsewhere() => SeveralTiles.Sample(
        one =>
        {
            AttentionPlan plan = one.Plan;
            (long computed, long skipped) = TilesOfOneHead(one, plan);
            int heads = one.Batch * one.QueryHeads;

            Assert.Equal((computed * heads, skipped * heads), (plan.TilesComputed, plan.TilesSkipped));
        },
        iter: 60);

    [Fact]
    public void Tiles_are_counted_without_walking_through_segments_and_row_tiles()
    {
        // Few enough tasks, but 2^19 row tiles against 15 million segments: a walk would take days.
        var one = new AttentionCase(TileGeometry.Rows << 19,
            15_000_000)
        { Options = new() { KeysPerSegment = 1, RowsPerBlock = int.MaxValue } };

        Assert.Equal((long)one.Keys << 19, one.Plan.TilesComputed);
        Assert.Equal(0, one.Plan.TilesSkipped);
    }

    private static long TasksOfOneHead(AttentionCase one, AttentionPlan plan)
    {
        long tasks = 0;
        for (int row = 0; row < one.Queries; row += plan.RowsPerBlock)
        {
            int end = Math.Min(row + plan.RowsPerBlock, one.Queries);
            tasks += Enumerable.Range(0, plan.SegmentCount).Count(segment => Pairs(one, row, end, plan.SegmentKeys(segment)) > 0);
        }

        return tasks;
    }

    private static (long Computed, long Skipped) TilesOfOneHead(AttentionCase one, AttentionPlan plan)
    {
        long computed = 0, skipped = 0;
        for (int block = 0; block < one.Queries; block += plan.RowsPerBlock)
        {
            int blockEnd = Math.Min(block + plan.RowsPerBlock, one.Queries);
            for (int row = block; row < blockEnd; row += TileGeometry.Rows)
            {
                for (int segment = 0; segment < plan.SegmentCount; segment++)
                {
                    KeyRange keys = plan.SegmentKeys(segment);
                    for (int key = keys.Start; key < keys.End; key += TileGeometry.Keys)
                    {
                        bool any = AnyPair(one, row, Math.Min(row + TileGeometry.Rows, blockEnd), key,
                            Math.Min(key + TileGeometry.Keys, keys.End));
                        (computed, skipped) = any ? (computed + 1, skipped) : (computed, skipped + 1);
                    }
                }
            }
        }

        return (computed, skipped);
    }

    private static long Pairs(AttentionCase one, int firstRow, int endRow, KeyRange keys)
    {
        long pairs = 0;
        for (int row = firstRow; row < endRow; row++)
        {
            for (int key = keys.Start; key < keys.End; key++)
                pairs += one.Sees(row, key) ? 1 : 0;
        }

        return pairs;
    }

    private static bool AnyPair(AttentionCase one, int firstRow, int endRow, int firstKey, int endKey)
    {
        for (int row = firstRow; row < endRow; row++)
        {
            for (int key = firstKey; key < endKey; key++)
            {
                if (one.Sees(row, key))
                    return true;
            }
        }

        return false;
    }
}
