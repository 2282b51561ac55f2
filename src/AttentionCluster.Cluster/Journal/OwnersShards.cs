using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace AttentionCluster.Cluster.Journal;

/// <summary>Every shard is where it is first asked for, which only its owner does, and stays there.</summary>
internal sealed class OwnersShards : IShardAllocationStrategy
{
    /// <inheritdoc/>
    public Task<IActorRef> AllocateShard(
        IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations) =>
        Task.FromResult(currentShardAllocations.ContainsKey(requester) ? requester : currentShardAllocations.Keys.First());

    /// <inheritdoc/>
    public Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress) =>
        Task.FromResult<IImmutableSet<string>>(ImmutableHashSet<string>.Empty);
}
