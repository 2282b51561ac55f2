using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Tests.Segments;

public sealed class SegmentRoutingTests
{
    private static readonly SegmentKey Key = new() { Context = "a-b.c", Batch = 1, KvHead = 22, Segment = 333, SegmentCount = 400 };

    private readonly SegmentRouting _routing = new();

    [Fact]
    public void A_segment_is_asked_for_its_home_and_hears_of_the_jobs_end()
    {
        Assert.Equal("a-b.c_1_22_333_400", _routing.EntityId(new LocateSegment { Segment = Key }));
        Assert.Equal("a-b.c_1_22_333_400", _routing.EntityId(new JobEnded { Segment = Key }));
    }

    [Fact]
    public void Segments_have_homes_of_their_own_in_a_fixed_number_of_shards()
    {
        SegmentKey[] keys = [.. Enumerable.Range(0, 5000)
            .Select(i => new SegmentKey { Context = "c", Batch = i % 2, KvHead = i / 2 % 5, Segment = i / 10, SegmentCount = 500 })];
        string[] ids = [.. keys.Select(key => _routing.EntityId(new LocateSegment { Segment = key })!)];

        Assert.Equal(5000, ids.Distinct().Count());
        Assert.All(ids, id => Assert.InRange(int.Parse(_routing.ShardId(id), System.Globalization.CultureInfo.InvariantCulture), 0, 999));
        Assert.InRange(ids.Select(id => _routing.ShardId(id)).Distinct().Count(), 900, 1000);
    }

    [Theory]
    [InlineData(0, 7)]
    [InlineData(3, 4)]
    public void Early_and_late_segments_are_paired_so_that_causal_work_is_level(int segment, int mirror)
    {
        string ShardOf(int number) => _routing.ShardId(new SegmentKey { Context = "c", KvHead = 1, Segment = number, SegmentCount = 8 });

        Assert.Equal(ShardOf(segment), ShardOf(mirror));
        Assert.Equal(4, Enumerable.Range(0, 8).Select(ShardOf).Distinct().Count());
    }

    [Fact]
    public void What_is_for_no_segment_goes_nowhere() => Assert.Equal("", _routing.EntityId("text"));
}
