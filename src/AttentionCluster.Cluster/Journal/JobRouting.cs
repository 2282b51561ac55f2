using Akka.Cluster.Sharding;

namespace AttentionCluster.Cluster.Journal;

/// <summary>
/// Which entity a message is for: the id is the gateway process that has the job, and the job. A shard is all jobs of one process, so a job is
/// coordinated where its files are open, and who takes over the jobs of a dead process waits for nobody to move a shard.
/// </summary>
internal sealed class JobRouting() : HashCodeMessageExtractor(maxNumberOfShards: 1)
{
    private const char Separator = '_';

    /// <summary>The region of a store; its gateways have it as a role too.</summary>
    internal static string Region(string store) => $"jobs-{store}";

    internal static string JobOf(string entityId) => entityId[(entityId.IndexOf(Separator, StringComparison.Ordinal) + 1)..];

    public override string EntityId(object message) => message is JobEntity.Message to ? $"{to.Owner}{Separator}{to.Job}" : "";

    public override string ShardId(string entityId, object? messageHint = null) => entityId.Split(Separator)[0];
}
