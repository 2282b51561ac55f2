using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Tests.Segments;

public sealed class SegmentRoutingTests
{
    private static readonly SegmentKey Key = new() { Context = "a-b.c", Batch = 1, KvHead = 22, Segment = 333 };

    private readonly SegmentRouting _routing = new();

    [Fact]
    public void A_tasks_home_is_that_of_its_segment_and_hears_of_the_jobs_end()
    {
        Assert.Equal("a-b.c_1_22_333", _routing.EntityId(new ComputeTask { Segment = Key }));
        Assert.Equal("a-b.c_1_22_333", _routing.EntityId(new JobEnded { Segment = Key }));
    }

    [Fact]
    public void Segments_have_homes_of_their_own_in_a_fixed_number_of_shards()
    {
        SegmentKey[] keys = [.. Enumerable.Range(0, 5000).Select(i => new SegmentKey { Context = "c", Batch = i % 2, KvHead = i / 2 % 5, Segment = i / 10 })];
        string[] ids = [.. keys.Select(key => _routing.EntityId(new ComputeTask { Segment = key })!)];

        Assert.Equal(5000, ids.Distinct().Count());
        Assert.All(ids, id => Assert.InRange(int.Parse(_routing.ShardId(id), System.Globalization.CultureInfo.InvariantCulture), 0, 999));
        Assert.InRange(ids.Select(id => _routing.ShardId(id)).Distinct().Count(), 900, 1000);
    }

    [Fact]
    public void What_is_for_no_segment_goes_nowhere() => Assert.Equal("", _routing.EntityId("text"));
}
