using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Tests.Membership;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AttentionCluster.Cluster.Tests.Versions;

/// <summary>
/// Nodes of versions that can't work together, in one real cluster: each is named, and the job's bits are those of the rest.
/// </summary>
public sealed class MixedVersionsTests
{
    private static readonly NodeVersion s_otherProtocol =
        NodeVersion.Own with { Product = "9.9.9-protocol", OldestProtocol = 99, Protocol = 99 };
    private static readonly NodeVersion s_otherBits = NodeVersion.Own with { Product = "9.9.9-bits", BitContract = 99 };
    private static readonly NodeVersion s_silent = new("0.0.1", 0, 0, 0);

    [Fact]
    public async Task Workers_of_versions_that_cannot_work_with_the_gateway_get_no_tasks_and_are_named()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(workers: 1);
        foreach ((NodeVersion version, string name) in new[] { (s_otherProtocol, "protocol"), (s_otherBits, "bits"), (s_silent, "silent") })
            await cluster.AddAsync(NodeRoles.Worker, name, options => options with { Version = version });
        IClusterView view = cluster.Gateway.GetRequiredService<IClusterView>();
        await UntilAsync(() => view.Status().Nodes.Count(node => node.State == "up") == 5);

        (_, JobOutcome outcome) = await cluster.RunAsync(
            "job", new AttentionOptions { Causal = true, KeysPerSegment = 100, RowsPerBlock = 50 }, new TensorShape(1, 2, 400, 16));

        Assert.Equal(JobState.Succeeded, outcome.Report.State);
        Assert.Equal(["worker-1"], outcome.Report.Workers);
        Assert.Equal(0, outcome.Report.Retries);
        ILookup<string, NodeStatus> nodes = view.Status().Nodes.ToLookup(node => node.Name);
        Assert.Null(nodes["worker-1"].Single().Problem);
        Assert.Equal(ProductVersion.Current, nodes["worker-1"].Single().Version);
        Assert.Equal("9.9.9-protocol", nodes["protocol"].Single().Version);
        Assert.Contains("control protocol 99", nodes["protocol"].Single().Problem, StringComparison.Ordinal);
        Assert.Contains("bit contract 99", nodes["bits"].Single().Problem, StringComparison.Ordinal);
        Assert.Contains("older release", nodes["silent"].Single().Problem, StringComparison.Ordinal);
        Assert.Equal(1, view.Status().WorkersUp());
    }

    [Fact]
    public async Task A_gateway_and_a_worker_that_have_only_each_other_are_not_ready_and_say_why()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(workers: 0);
        IHost worker = await cluster.AddAsync(NodeRoles.Worker, "other", options => options with { Version = s_otherBits });
        IClusterView gateway = cluster.Gateway.GetRequiredService<IClusterView>();
        IClusterView other = worker.Services.GetRequiredService<IClusterView>();
        await UntilAsync(() => gateway.Status().Nodes.Count(node => node.State == "up") == 2
            && other.Status().Nodes.Count(node => node.State == "up") == 2);

        string? ofGateway = Readiness.Reason(gateway.Status(), NodeRoles.Gateway, "127.0.0.1:1");
        string? ofWorker = Readiness.Reason(other.Status(), NodeRoles.Worker, "127.0.0.1:1");

        Assert.StartsWith("no worker is up that this node can work with: other at ", ofGateway, StringComparison.Ordinal);
        Assert.StartsWith("no gateway is up that this node can work with: gateway at ", ofWorker, StringComparison.Ordinal);
        Assert.Contains("version 9.9.9-bits computes by bit contract 99", ofGateway, StringComparison.Ordinal);
        Assert.Contains("version 9.9.9-bits by 99", ofWorker, StringComparison.Ordinal);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(20).InTime();
    }
}
