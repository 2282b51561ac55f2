using AttentionCluster.Cluster;
using AttentionCluster.Core.Api;
using AttentionCluster.Server.Hosting;

namespace AttentionCluster.Server.Tests.Hosting;

/// <summary>A node is ready when it can do its part.</summary>
public sealed class ReadinessTests
{
    private const string Self = "10.0.0.1:4053";
    private const string Plane = "10.0.0.1:4054";

    [Fact]
    public void A_gateway_is_ready_when_it_is_up_and_a_worker_is()
    {
        Assert.Null(Reason(NodeRoles.Gateway, Node(Self, "gateway", "up"), Node("10.0.0.2:4053", "worker", "up")));
        Assert.Equal("no worker is up", Reason(NodeRoles.Gateway, Node(Self, "gateway", "up"), Node("10.0.0.2:4053", "gateway", "up")));
        Assert.Equal("no worker is up",
            Reason(NodeRoles.Gateway, Node(Self, "gateway", "up"), Node("10.0.0.2:4053", "worker", "unreachable")));
        Assert.Equal("no worker is up", Reason(NodeRoles.Gateway, Node(Self, "gateway", "up"), Node("10.0.0.2:4053", "worker", "joining")));
    }

    [Fact]
    public void A_worker_is_ready_when_it_is_up_and_others_can_pull_from_it()
    {
        Assert.Null(Reason(NodeRoles.Worker, Node(Self, "worker", "up")));
        Assert.Equal("the data plane does not listen",
            Readiness.Reason(new ClusterStatus(Self, true, [Node(Self, "worker", "up")]), NodeRoles.Worker, ""));
    }

    [Theory]
    [InlineData("joining")]
    [InlineData("leaving")]
    [InlineData("exiting")]
    [InlineData("down")]
    [InlineData("unreachable")]
    public void A_node_that_is_not_up_is_not_ready(string state) =>
        Assert.Equal($"the node is {state}, not up", Reason(NodeRoles.Worker, Node(Self, "worker", state)));

    [Fact]
    public void A_node_outside_a_cluster_is_not_ready() =>
        Assert.Equal("the node is in no cluster", Reason(NodeRoles.Worker));

    private static string? Reason(NodeRoles roles, params NodeStatus[] nodes) =>
        Readiness.Reason(new ClusterStatus(Self, true, nodes), roles, Plane);

    private static NodeStatus Node(string address, string role, string state) => new(address, "node", [role], state, null);
}
