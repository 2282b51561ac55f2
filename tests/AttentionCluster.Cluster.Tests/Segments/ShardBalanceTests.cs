using AttentionCluster.Cluster.Segments;

namespace AttentionCluster.Cluster.Tests.Segments;

public sealed class ShardBalanceTests
{
    [Fact]
    public void A_shard_goes_where_its_work_is_done_first()
    {
        RegionLoad one = Region("one thread", threads: 1, flops: 2), four = Region("four threads", threads: 4, flops: 6);

        Assert.Equal("four threads", ShardBalance.Choose([one, four], new SegmentLoad(1, 0)).Name);
        Assert.Equal("one thread", ShardBalance.Choose([one with { Load = new(0, 0) }, four], new SegmentLoad(1, 0)).Name);
    }

    [Fact]
    public void A_shard_goes_where_it_fits_even_if_there_is_more_work()
    {
        RegionLoad full = Region("full", bytesMax: 10) with { Load = new(0, 8) }, busy = Region("busy", flops: 100, bytesMax: 10);

        Assert.Equal("busy", ShardBalance.Choose([full, busy], new SegmentLoad(1, 3)).Name);
        Assert.Equal("full", ShardBalance.Choose([full, busy], new SegmentLoad(1, 2)).Name);
    }

    [Fact]
    public void Shards_of_which_nothing_is_known_spread()
    {
        RegionLoad ann = Region("ann"), bob = Region("bob");

        Assert.Equal("ann", ShardBalance.Choose([ann, bob], null).Name);
        Assert.Equal("bob", ShardBalance.Choose([ann with { Load = ShardBalance.Sum(["1"], Loads()) }, bob], null).Name);
    }

    [Fact]
    public void A_region_that_joins_gets_shards_of_the_longest_until_that_gains_little()
    {
        Dictionary<string, SegmentLoad> loads = Loads(("1", 4), ("2", 4), ("3", 4), ("4", 4));

        Assert.Equal(["1", "2"],
            ShardBalance.Move([(Region("old", flops: 16), ["1", "2", "3", "4"]), (Region("new"), [])], loads, shardsMax: 9));
        Assert.Equal(["1"], ShardBalance.Move([(Region("old", flops: 16), ["1", "2", "3", "4"]), (Region("new"), [])], loads,
            shardsMax: 1));
    }

    [Fact]
    public void Shards_stay_where_moving_gains_little_or_nothing_is_known_of_them()
    {
        Assert.Empty(ShardBalance.Move([(Region("a", flops: 10), ["1"]), (Region("b", flops: 9), ["2"])], Loads(("1", 10), ("2", 9)), 9));
        Assert.Empty(ShardBalance.Move([(Region("a", flops: 3), ["1", "2", "3"]), (Region("b"), [])], Loads(), 9));
        Assert.Empty(ShardBalance.Move([(Region("a", flops: 3), ["1"])], Loads(("1", 3)), 9));
    }

    [Fact]
    public void Shards_do_not_move_to_where_they_do_not_fit()
    {
        var loads = new Dictionary<string, SegmentLoad> { ["1"] = new(5, 100), ["2"] = new(5, 100) };

        Assert.Empty(ShardBalance.Move([(Region("a", flops: 10), ["1", "2"]), (Region("b", bytesMax: 99), [])], loads, 9));
    }

    private static RegionLoad Region(string name, int threads = 1, double flops = 0, long bytesMax = long.MaxValue) =>
        new(name, threads, bytesMax, new SegmentLoad(flops, 0));

    private static Dictionary<string, SegmentLoad> Loads(params (string Shard, double Flops)[] shards) =>
        shards.ToDictionary(shard => shard.Shard, shard => new SegmentLoad(shard.Flops, 0));
}
