using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using AttentionCluster.Cluster.Identity;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Segments;

/// <summary>
/// Lets <see cref="ShardBalance"/> place the shards of segments, with what this node knows of workers and of the shards' weights.
/// </summary>
internal sealed class WeighedAllocation(WorkerTable workers, ShardWeightTable weights) : IShardAllocationStrategy,
    IActorSystemDependentAllocationStrategy
{
    /// <summary>Shards that move at a time.</summary>
    private const int MovesMax = 4;

    private string _self = "";

    /// <inheritdoc/>
    public void Start() => throw new NotSupportedException("the address of this node comes with its actor system");

    /// <inheritdoc/>
    public void Start(ActorSystem system) => _self = NodeAddress.HostAndPort(Akka.Cluster.Cluster.Get(system).SelfAddress);

    /// <inheritdoc/>
    public Task<IActorRef> AllocateShard(
        IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations)
    {
        Dictionary<string, SegmentLoad> loads = weights.Sum();
        (RegionLoad Region, IReadOnlyList<string>)[] regions = Regions(currentShardAllocations, loads);
        RegionLoad chosen = ShardBalance.Choose(
            [.. regions.Select(entry => entry.Region)], loads.TryGetValue(shardId, out SegmentLoad load) ? load : null);
        return Task.FromResult(currentShardAllocations.Keys.First(region => AddressOf(region) == chosen.Name));
    }

    /// <inheritdoc/>
    public Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress)
    {
        IImmutableSet<string> moved = rebalanceInProgress.Count > 0 || currentShardAllocations.Count < 2
            ? ImmutableHashSet<string>.Empty
            : weights.Sum() is var loads ? ShardBalance.Move(Regions(currentShardAllocations, loads), loads, MovesMax).ToImmutableHashSet()
                : [];
        return Task.FromResult(moved);
    }

    /// <summary>Regions of workers that take tasks; all of them when none is known to.</summary>
    private (RegionLoad Region, IReadOnlyList<string> Shards)[] Regions(
        IImmutableDictionary<IActorRef, IImmutableList<string>> allocations, IReadOnlyDictionary<string, SegmentLoad> loads)
    {
        ImmutableDictionary<string, WorkerDescription> known = workers.Workers;
        var regions = from entry in allocations
                      let address = AddressOf(entry.Key)
                      let worker = known.GetValueOrDefault(address)
                      select (
                          Takes: worker is { IsLeaving: false },
                          Region: new RegionLoad(address, worker?.Threads ?? 1, worker?.SegmentBytesMax ?? long.MaxValue,
                              ShardBalance.Sum(entry.Value, loads)),
                          Shards: (IReadOnlyList<string>)entry.Value);
        var all = regions.ToList();
        return [.. all.Where(region => region.Takes || all.TrueForAll(other => !other.Takes))
            .Select(region => (region.Region, region.Shards))];
    }

    private string AddressOf(IActorRef region) =>
        region.Path.Address.HasGlobalScope ? NodeAddress.HostAndPort(region.Path.Address) : _self;
}
