using System.Globalization;
using Akka.Cluster.Sharding;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Segments;

/// <summary>Which entity a message is for: the id is context, batch entry, KV head and segment.</summary>
internal sealed class SegmentRouting() : HashCodeMessageExtractor(ShardsMax)
{
    /// <summary>Part of the cluster's contract: all nodes must have the same. Some ten shards for each of up to a hundred nodes.</summary>
    internal const int ShardsMax = 1_000;

    /// <summary>The name of the region.</summary>
    internal const string Region = "segments";

    public override string EntityId(object message) => message switch
    {
        ComputeTask task => Id(task.Segment),
        JobEnded ended => Id(ended.Segment),
        _ => "",
    };

    private static string Id(SegmentKey key) =>
        string.Create(CultureInfo.InvariantCulture, $"{key.Context}_{key.Batch}_{key.KvHead}_{key.Segment}");
}
