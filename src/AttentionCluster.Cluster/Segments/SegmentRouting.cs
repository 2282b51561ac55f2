using System.Globalization;
using Akka.Cluster.Sharding;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Segments;

/// <summary>
/// Which entity a message is for: the id is context, batch entry, KV head, segment and number of segments. In a causal job segment <c>s</c>
/// of
/// <c>S</c> has about <c>S - s</c> units of work, so <c>s</c> and <c>S - 1 - s</c> have one shard, and all pairs weigh the same.
/// </summary>
internal sealed class SegmentRouting() : HashCodeMessageExtractor(ShardsMax)
{
    /// <summary>Part of the cluster's contract: all nodes must have the same. Some ten shards for each of up to a hundred nodes.</summary>
    internal const int ShardsMax = 1_000;

    /// <summary>The name of the region.</summary>
    internal const string Region = "segments";

    private const char Separator = '_';

    public override string EntityId(object message) => message switch
    {
        LocateSegment locate => Id(locate.Segment),
        JobEnded ended => Id(ended.Segment),
        _ => "",
    };

    public override string ShardId(string entityId, object? messageHint = null)
    {
        string[] parts = entityId.Split(Separator);
        if (parts.Length != 5)
            return base.ShardId(entityId, messageHint);
        int segment = int.Parse(parts[3], CultureInfo.InvariantCulture);
        int count = int.Parse(parts[4], CultureInfo.InvariantCulture);
        parts[3] = Math.Min(segment, count - 1 - segment).ToString(CultureInfo.InvariantCulture);
        return base.ShardId(string.Join(Separator, parts), messageHint);
    }

    /// <summary>The shard of a segment.</summary>
    internal string ShardId(SegmentKey key) => ShardId(Id(key));

    private static string Id(SegmentKey key) => string.Create(
        CultureInfo.InvariantCulture, $"{key.Context}_{key.Batch}_{key.KvHead}_{key.Segment}_{key.SegmentCount}");
}
