using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Scheduling;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests.Jobs.Scheduling;

/// <summary>
/// Which homes are requested when: a plan of so many segments, each a number here, and what is requested at which second.
/// </summary>
public sealed class SegmentPlacementTests
{
    private readonly AttentionPlan _plan = Plans.Grid(blocks: 1, segments: 3);
    private readonly SegmentQueues _queues;
    private readonly WorkerLoads _workers = new(new CostModel(SegmentBytes: 1));
    private readonly SegmentPlacement _placement;

    public SegmentPlacementTests()
    {
        _queues = new SegmentQueues(_plan);
        _placement = new SegmentPlacement(_plan, _queues, _workers, flopsMin: 0);
        _workers.Add("ann", new WorkerCapacity(1, 1, 1));
    }

    [Fact]
    public void Segments_with_little_work_are_not_worth_a_home()
    {
        AttentionPlan causal = Plans.Grid(blocks: 3, segments: 3, new AttentionOptions { Causal = true });
        SegmentPlacement Worth(double flopsMin) => new(causal, new SegmentQueues(causal), _workers, flopsMin);

        Assert.Equal([(0, 12.0), (1, 8.0), (2, 4.0)], Worth(0).WorthAHome.Select(worth => (worth.Segment.Segment, worth.Flops)));
        Assert.Equal([0, 1], Worth(8).WorthAHome.Select(worth => worth.Segment.Segment));
        Assert.Empty(Worth(13).WorthAHome);
    }

    [Fact]
    public void Nothing_is_requested_before_the_start_and_all_at_the_start_once()
    {
        Assert.Equal([], Due(100));
        Assert.Equal([0, 1, 2], Numbers(_placement.Start(At(100))));
        Assert.Equal([], Numbers(_placement.Start(At(101))));
    }

    [Fact]
    public void A_home_that_is_not_known_is_requested_every_second_until_it_is()
    {
        _placement.Start(At(0));
        Home(1);

        Assert.Equal([], Due(0.9));
        Assert.Equal([0, 2], Due(1));
        Assert.Equal([], Due(1.9));
        Home(0);
        Assert.Equal([2], Due(2.1));
        Home(2);
        Assert.Equal([], Due(10));
    }

    [Fact]
    public void For_a_minute_after_a_worker_has_come_or_gone_all_are_requested_every_five_seconds()
    {
        _placement.Start(At(0));
        foreach (int segment in new[] { 0, 1, 2 })
            Home(segment);
        _placement.WorkersChanged(At(100));
        var requested = new List<int>();
        for (int second = 101; second <= 200; second++)
        {
            if (Due(second) is { Length: > 0 } due)
            {
                Assert.Equal([0, 1, 2], due);
                requested.Add(second);
            }
        }

        Assert.Equal([101, 106, 111, 116, 121, 126, 131, 136, 141, 146, 151, 156], requested);
    }

    [Fact]
    public void A_segment_of_which_nothing_waits_is_not_requested_after_a_change()
    {
        _placement.Start(At(0));
        foreach (int segment in new[] { 0, 1, 2 })
            Home(segment);
        _queues.Take(_queues.Find(Id(1))!, block: 0);
        _placement.WorkersChanged(At(10));

        Assert.Equal([0, 2], Due(10));
    }

    [Fact]
    public void A_segment_that_is_finished_needs_no_home()
    {
        _placement.Start(At(0));
        SegmentQueue queue = _queues.Find(Id(1))!;
        _queues.Take(queue, block: 0);
        Assert.Equal([0, 1, 2], Due(1));
        _queues.Finish(queue, block: 0);

        Assert.True(_placement.IsSettled(Id(1)));
        Assert.Equal([0, 2], Due(2));
    }

    [Fact]
    public void A_worker_that_takes_no_tasks_is_no_home()
    {
        _workers.Add("leaving", new WorkerCapacity(1, 1, 1));
        _workers["leaving"].IsLeaving = true;

        _placement.SetHome(Id(0), "leaving");
        _placement.SetHome(Id(0), "unknown");
        Assert.False(_placement.IsSettled(Id(0)));

        Home(0);
        Home(2);
        Assert.Equal([Id(0), Id(2)], _placement.HomesAt("ann"));
        _placement.RemoveHomes("ann");
        Assert.False(_placement.IsSettled(Id(0)));
    }

    private static SegmentId Id(int segment) => new(0, 0, segment);

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private static int[] Numbers(IEnumerable<SegmentId> segments) => [.. segments.Select(segment => segment.Segment)];

    private void Home(int segment) => _placement.SetHome(Id(segment), "ann");

    private int[] Due(double second) => Numbers(_placement.Due(At(second)));
}
