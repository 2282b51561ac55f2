using AttentionCluster.Cluster;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Core.Api;
using AttentionCluster.Server.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AttentionCluster.Server.Hosting;

/// <summary>
/// Whether a node can do its part: a gateway, when it is Up, so is a worker of this cluster, and its running jobs move; a worker, when it
/// is Up, others can pull from it, and not all gateways that there are take it for a stranger. Akka's own check does not fit: a node that
/// was Up once is ready for it for ever.
/// </summary>
internal sealed class Readiness(IClusterView cluster, NodeOptions node, IDataPlane plane, IServiceProvider services) : IHealthCheck
{
    /// <summary>A job ends when it made no progress for its limit; writing and checking a result take a while after that.</summary>
    private const double StallFactor = 2;

    private static readonly TimeSpan s_stallMargin = TimeSpan.FromSeconds(5);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult((Reason(cluster.Status(), node.Roles, plane.Address) ?? Stall()) is { } reason
            ? HealthCheckResult.Unhealthy(reason) : HealthCheckResult.Healthy());

    /// <returns>Why the node is not ready; null when it is.</returns>
    internal static string? Reason(ClusterStatus status, NodeRoles roles, string planeAddress)
    {
        string? state = status.Nodes.FirstOrDefault(node => node.Address == status.Address)?.State;
        NodeStatus[] up = [.. status.Nodes.Where(node => node.State == "up")];
        return
            state is null ? "the node is in no cluster" :
            state != "up" ? $"the node is {state}, not up" :
            planeAddress.Length == 0 ? "the data plane does not listen" :
            roles.HasFlag(NodeRoles.Gateway) && NoneOf(up, "worker") is { } workers ? workers :
            !roles.HasFlag(NodeRoles.Gateway) && Array.Exists(up, IsGateway) && NoneOf(up, "gateway") is { } gateways ? gateways :
            null;
    }

    private static bool IsGateway(NodeStatus node) => node.Roles.Contains("gateway");

    /// <returns>Why no node of a role can be worked with; null when one can.</returns>
    private static string? NoneOf(NodeStatus[] up, string role)
    {
        NodeStatus[] those = [.. up.Where(node => node.Roles.Contains(role))];
        return
            Array.Exists(those, node => node.Problem is null) ? null :
            those.Length == 0 ? $"no {role} is up" :
            $"no {role} is up that this node can work with: "
                + $"{string.Join("; ", those.Select(node => $"{node.Name} at {node.Address}: {node.Problem}"))}";
    }

    private string? Stall() => services.GetService<JobBoard>()?.Stall((node.ProgressTimeout * StallFactor) + s_stallMargin);
}
