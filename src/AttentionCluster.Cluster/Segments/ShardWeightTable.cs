using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Segments;

/// <summary>What the shards of the running jobs weigh, as their coordinators have said. From any thread.</summary>
internal sealed class ShardWeightTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ShardWeights> _jobs = new(StringComparer.Ordinal);

    /// <summary>Takes the weights of a job.</summary>
    internal void Add(ShardWeights weights)
    {
        lock (_lock)
            _jobs[weights.Job] = weights;
    }

    /// <summary>Its shards are nothing to this job any more.</summary>
    internal void Remove(string job)
    {
        lock (_lock)
            _jobs.Remove(job);
    }

    /// <summary>The weight of every shard that has one, over all jobs.</summary>
    internal Dictionary<string, SegmentLoad> Sum()
    {
        var sums = new Dictionary<string, SegmentLoad>(StringComparer.Ordinal);
        lock (_lock)
        {
            foreach (ShardWeight shard in _jobs.Values.SelectMany(job => job.Shards))
                sums[shard.Shard] = sums.GetValueOrDefault(shard.Shard) + new SegmentLoad(shard.Flops, shard.Bytes);
        }

        return sums;
    }
}
