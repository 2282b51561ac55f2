using System.Diagnostics;
using System.Net;
using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>A gateway and workers, each a process of its own.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class ClusterTests : IAsyncLifetime
{
    /// <summary>The promise for a node at rest is three seconds; a busy test machine gets more.</summary>
    private static readonly TimeSpan s_leavesWithin = TimeSpan.FromSeconds(6);

    private ProcessCluster? _cluster;

    public async Task InitializeAsync() => _cluster = await ProcessCluster.StartAsync(workers: 2);

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    [SkippableFact]
    public async Task Nodes_come_leave_and_die_and_the_others_go_on()
    {
        Signal.Require(Signal.Terminate);
        ProcessCluster cluster = _cluster!;
        await AllAreUpAndReadyAsync(cluster);
        await OneThatIsToldToLeaveIsGoneAsync(cluster, cluster.Workers[0]);
        await OneThatIsKilledIsMissedByNobodyAsync(cluster, cluster.Workers[1], await cluster.AddAsync());
    }

    [SkippableFact]
    public async Task A_cluster_that_is_told_to_leave_as_a_whole_does_so()
    {
        Signal.Require(Signal.Terminate);
        ServeProcess[] nodes = [_cluster!.Gateway, .. _cluster.Workers];
        var clock = Stopwatch.StartNew();
        foreach (ServeProcess node in nodes)
            node.Tell(Signal.Terminate);

        foreach (ServeProcess node in nodes)
            Assert.DoesNotContain("has not left its cluster in time", (await node.WaitForExitAsync()).Expect(0).Error,
                StringComparison.Ordinal);
        Assert.True(clock.Elapsed < s_leavesWithin, $"it took {clock.Elapsed}");
    }

    private static async Task AllAreUpAndReadyAsync(ProcessCluster cluster)
    {
        JsonElement status = await cluster.Gateway.ClusterAsync();

        Assert.True(status.GetProperty("is_up").GetBoolean());
        Assert.Equal(
            ["gateway up", "worker up", "worker up"],
            status.GetProperty("nodes").EnumerateArray().Select(node => $"{node.GetProperty("roles")[0]} {node.GetProperty("state")}")
                .Order());
        foreach (ServeProcess node in cluster.Workers.Prepend(cluster.Gateway))
        {
            Assert.Equal($"ready {node.Url}", Assert.Single(node.Output));
            Assert.Equal(HttpStatusCode.OK, (await node.Http.GetAsync("/healthz/live")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await node.Http.GetAsync("/healthz/ready")).StatusCode);
            Assert.Equal(3, (await node.ClusterAsync()).GetProperty("nodes").GetArrayLength());
        }
    }

    private static async Task OneThatIsToldToLeaveIsGoneAsync(ProcessCluster cluster, ServeProcess worker)
    {
        string address = await worker.ClusterAddressAsync();
        var clock = Stopwatch.StartNew();
        worker.Tell(Signal.Terminate);

        AttnResult end = (await worker.WaitForExitAsync()).Expect(0);

        Assert.True(clock.Elapsed < s_leavesWithin, $"it took {clock.Elapsed}");
        Assert.True(end.Error.Length == 0, end.Error);
        await cluster.WaitForAsync(nodes => nodes.All(node => node.GetProperty("address").GetString() != address));
    }

    private static async Task OneThatIsKilledIsMissedByNobodyAsync(ProcessCluster cluster, ServeProcess victim, ServeProcess other)
    {
        victim.Kill();
        Assert.Equal(137, (await victim.WaitForExitAsync()).ExitCode);

        Assert.Equal(HttpStatusCode.OK, (await cluster.Gateway.Http.GetAsync("/healthz/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await other.Http.GetAsync("/healthz/ready")).StatusCode);
    }
}
