using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Tests.Membership;

internal static class UpWorkers
{
    /// <summary>How many nodes compute now.</summary>
    internal static int WorkersUp(this ClusterStatus status) => status.Nodes.Count(node => node is { State: "up", Worker: not null });
}
