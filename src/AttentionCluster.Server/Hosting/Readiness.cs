using AttentionCluster.Cluster;
using AttentionCluster.Cluster.DataPlane;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AttentionCluster.Server.Hosting;

/// <summary>
/// Whether a node can do its part: a gateway, when it is Up and so is a worker; a worker, when it is Up and others can pull from it.
/// Akka's own check does not fit: a node that was Up once is ready for it for ever.
/// </summary>
internal sealed class Readiness(IClusterView cluster, NodeOptions node, IDataPlane plane) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Reason(cluster.Status(), node.Roles, plane.Address) is { } reason ? HealthCheckResult.Unhealthy(reason) : HealthCheckResult.Healthy());

    /// <returns>Why the node is not ready; null when it is.</returns>
    internal static string? Reason(ClusterStatus status, NodeRoles roles, string planeAddress)
    {
        string? state = status.Nodes.FirstOrDefault(node => node.Address == status.Address)?.State;
        return
            state is null ? "the node is in no cluster" :
            state != "up" ? $"the node is {state}, not up" :
            planeAddress.Length == 0 ? "the data plane does not listen" :
            roles.HasFlag(NodeRoles.Gateway) && !status.Nodes.Any(IsWorkerUp) ? "no worker is up" :
            null;
    }

    private static bool IsWorkerUp(NodeStatus node) => node.State == "up" && node.Roles.Contains("worker");
}
