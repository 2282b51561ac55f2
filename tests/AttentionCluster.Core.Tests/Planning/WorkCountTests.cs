using System.Diagnostics;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Attention;
using AttentionCluster.Core.Tests.Kernels;
using CsCheck;

namespace AttentionCluster.Core.Tests.Planning;

/// <summary>Counts in closed form are those of counting.</summary>
public class WorkCountTests
{
    /// <summary>Far more than a plan takes, and far less than a walk through rows, keys or segments would.</summary>
    private static readonly TimeSpan s_noTime = TimeSpan.FromSeconds(5);

    /// <summary>Sinks below, at and behind windows; segments of whole tiles, of part of one, and of neither.</summary>
    private static readonly Gen<AttentionCase> Awkward =
        from one in AttentionCaseGen.Of(queriesMax: 900, keysMax: 1800, keysPerSegmentMax: 1300, rowsPerBlockMax: 700)
        from sinks in Gen.OneOf(Gen.Const(0), Gen.Int[1, 8], Gen.Int[1, 1900])
        from window in Gen.OneOf(Gen.Const((-1L, -1L)), Gen.Select(Gen.Long[-1, 1900], Gen.Long[-1, 1900]),
            Gen.Select(Gen.Long[-1, 9], Gen.Long[-1, 9]))
        from keysPerSegment in Gen.OneOf(Gen.Int[1, 1300], Gen.Int[1, 3].Select(tiles => tiles * TileGeometry.Keys), Gen.Int[1, 40])
        from rowsPerBlock in Gen.OneOf(Gen.Int[1, 700], Gen.Int[1, 3].Select(tiles => tiles * TileGeometry.Rows), Gen.Int[1, 40])
        select one with
        {
            Options = one.Options with
            {
                Sinks = sinks,
                Window = window,
                KeysPerSegment = keysPerSegment,
                RowsPerBlock = rowsPerBlock
            }
        };

    [Fact]
    public void Sums_of_rounded_quotients_are_those_of_adding() =>
        Gen.Select(Gen.Long[0, 60], Gen.Long[0, 5000], Gen.Long[0, 900], Gen.Long[1, 900]).Sample((count, first, step, divisor) =>
        {
            long sum = 0;
            for (long x = 0; x < count; x++)
                sum += (first + (step * x)) / divisor;
            Assert.Equal(sum, FloorSum.Of(count, first, step, divisor));
        });

    [Fact]
    public void Cells_are_summed_as_they_are_numbered() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 20], Gen.Long[0, 400], Gen.Long[0, 300], Gen.Long[1, 70])
            .Sample((perSegment, perCell, count, key, step) =>
        {
            var cells = new KeyCells(perSegment, perCell);
            long sum = 0;
            for (long x = 0; x < count; x++)
                sum += cells.Of(key + (step * x));
            Assert.Equal(sum, cells.Sum(count, key, step));
            Assert.Equal(cells.Of(key), cells.Of(cells.FirstKeyOf(cells.Of(key))));
        });

    [Fact]
    public void What_a_plan_adds_up_to_is_what_its_rows_see() => Awkward.Sample(
        one =>
        {
            AttentionPlan plan = one.Plan;
            TaskMask mask = plan.Rules.RangeOf(0);
            (long pairs, long tasks, long tiles) = (0, 0, 0);
            for (int first = 0; first < one.Queries; first += plan.RowsPerBlock)
            {
                int end = Math.Min(first + plan.RowsPerBlock, one.Queries);
                tasks += Ranges(mask, first, end, one.Keys).Select(key => key / plan.KeysPerSegment).Distinct().Count();
                for (int row = first; row < end; row += TileGeometry.Rows)
                {
                    tiles += Ranges(mask, row, Math.Min(end, row + TileGeometry.Rows), one.Keys)
                        .Select(key => (key / plan.KeysPerSegment, key % plan.KeysPerSegment / TileGeometry.Keys)).Distinct().Count();
                }

                for (int row = first; row < end; row++)
                    pairs += Ranges(mask, row, row + 1, one.Keys).Count();
            }

            int heads = one.Batch * one.KvHeads;
            Assert.Equal(tasks * heads, plan.TaskCount);
            Assert.Equal(4.0 * pairs * one.Batch * one.QueryHeads, plan.Flops);
            Assert.Equal(tiles * one.Batch * one.QueryHeads, plan.TilesComputed);
        },
        iter: 300);

    [Fact]
    public void Blocks_and_tasks_add_up_to_the_plan() => Awkward.Sample(
        one =>
        {
            AttentionPlan plan = one.Plan;
            QueryBlock[] blocks = [.. Enumerable.Range(0, plan.BlockCount).Select(plan.Block)];

            Assert.All(blocks, block => Assert.Equal(plan.SegmentsOf(block).Count(), plan.TasksOf(block)));
            Assert.Equal(plan.TaskCount, blocks.Sum(block => plan.TasksOf(block)));
            Assert.Equal(plan.Flops, blocks.Sum(block => plan.FlopsOf(block)));
            Assert.Equal(plan.Flops, blocks.Sum(block => plan.SegmentsOf(block).Sum(segment => plan.TaskFlops(block, segment))));
            Assert.Equal(plan.TilesComputed, blocks.Sum(block => plan.SegmentsOf(block).Sum(segment => plan.TaskTiles(block, segment))));
        },
        iter: 100);

    [Fact]
    public void Each_batch_entry_counts_with_its_own_keys() => AttentionCaseGen.Of(200, 300, 90, 70).Sample(
        small =>
        {
            AttentionCase one = small with { Batch = 3, Options = small.Options with { Sinks = 5 } };
            double[] lengths = [one.Keys, one.Keys / 2, one.Keys];
            using var auxiliary = AuxiliaryProblem.Of(one.Shape, one.Options, ("kv_lengths", ElementType.Int64, [3], lengths));
            AttentionPlan plan = AttentionPlan.Create(one.Shape, one.Options, out _, auxiliary.Layout, auxiliary.Tensors)!;
            QueryBlock[] blocks = [.. Enumerable.Range(0, plan.BlockCount).Select(plan.Block)];

            Assert.Equal(plan.TaskCount, blocks.Sum(block => plan.SegmentsOf(block).Count()));
            Assert.Equal(plan.Flops, blocks.Sum(block => plan.SegmentsOf(block).Sum(segment => plan.TaskFlops(block, segment))));
            Assert.Equal(plan.TilesComputed, blocks.Sum(block => plan.SegmentsOf(block).Sum(segment => plan.TaskTiles(block, segment))));
        },
        iter: 100);

    public static TheoryData<int, int, AttentionOptions> Huge => new()
    {
        { int.MaxValue - 64, 16_000_000, new() { Sinks = 7, Window = (1000, 1000), KeysPerSegment = 1, RowsPerBlock = int.MaxValue } },
        { int.MaxValue - 64, 16_000_000,
            new() { Sinks = 7, Window = (1000, 1000), Causal = true, KeysPerSegment = 1, RowsPerBlock = int.MaxValue } },
        { 16_000_000, int.MaxValue - 64,
            new() { Sinks = 1_000_000, Window = (10, -1), Causal = true, KeysPerSegment = int.MaxValue, RowsPerBlock = 1 } },
        { int.MaxValue - 64, int.MaxValue - 64, new() { Window = (1 << 20, 5), KeysPerSegment = 600_001, RowsPerBlock = 700_001 } },
    };

    [Theory]
    [MemberData(nameof(Huge))]
    public void A_huge_plan_takes_no_time(int queries, int keys, AttentionOptions options)
    {
        var one = new AttentionCase(queries, keys) { Options = options };
        long begin = Stopwatch.GetTimestamp();

        AttentionPlan plan = one.Plan;

        Assert.InRange(plan.TaskCount, 1, 16_000_000);
        QueryBlock block = plan.Block(0);
        Assert.InRange(plan.TaskTiles(block, block.Segments.Start), 1, long.MaxValue);
        Assert.InRange(plan.TasksOf(block), 1, plan.TaskCount);
        Assert.InRange(Stopwatch.GetElapsedTime(begin), TimeSpan.Zero, s_noTime);
    }

    [Fact]
    public void Counting_of_tiles_and_of_a_mask_can_be_cancelled()
    {
        var odd = new AttentionCase(int.MaxValue - 64,
            int.MaxValue - 64)
        { Options = new() { KeysPerSegment = 600_001, RowsPerBlock = 700_001 } };
        var masked = new AttentionCase(30, 40);
        using var auxiliary =
            AuxiliaryProblem.Of(masked.Shape, masked.Options, ("mask", ElementType.Boolean, [1, 40], [.. Enumerable.Repeat(1.0, 40)]));
        var cancelled = new CancellationToken(canceled: true);

        Assert.Throws<OperationCanceledException>(() => odd.Plan.CountTiles(cancelled));
        Assert.Throws<OperationCanceledException>(() =>
            AttentionPlan.Create(masked.Shape, masked.Options, out _, auxiliary.Layout, auxiliary.Tensors, cancelled));
    }

    /// <summary>The keys that rows see: by looking at each.</summary>
    private static IEnumerable<int> Ranges(TaskMask mask, int firstRow, int endRow, int keys)
    {
        (KeyRange band, KeyRange sinks) = (mask.InBand(firstRow, endRow), mask.InSinks(endRow));
        return Enumerable.Range(0, keys).Where(key => (key >= band.Start && key < band.End) || (key >= sinks.Start && key < sinks.End));
    }
}
