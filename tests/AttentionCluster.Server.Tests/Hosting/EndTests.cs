using System.Diagnostics;
using Akka.Actor;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Membership;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Server.Tests.Hosting;

/// <summary>How a node ends: told to, in a limited time, or by itself, with the reason.</summary>
public sealed class EndTests
{
    [Fact]
    public async Task A_node_that_its_cluster_removes_says_so()
    {
        await using Node node = await Node.StartAsync();
        Task<string> end = node.Serving.WaitForEndAsync();
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(SystemOf(node));

        cluster.Down(cluster.SelfAddress);

        Assert.StartsWith("the cluster has removed this node", await end.InTime(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_can_not_leave_ends_after_its_limit()
    {
        await using Node seed = await Node.StartAsync();
        Node node = await Node.StartAsync(options => options with
        {
            Node = options.Node with { Roles = NodeRoles.Worker, Seeds = [AddressOf(seed)], LeaveTimeout = TimeSpan.FromSeconds(1) },
        });
        CoordinatedShutdown.Get(SystemOf(node)).AddTask(
            CoordinatedShutdown.PhaseBeforeClusterShutdown, "never", () => new TaskCompletionSource<Akka.Done>().Task);
        var clock = Stopwatch.StartNew();

        Assert.False(await node.Serving.LeaveAsync().InTime());
        await node.DisposeAsync().AsTask().InTime();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"it took {clock.Elapsed}");
    }

    [Fact]
    public async Task A_cluster_address_that_is_taken_is_said_and_two_nodes_never_share_it()
    {
        await using Node first = await Node.StartAsync();
        string taken = AddressOf(first);

        IOException problem = await Assert.ThrowsAsync<IOException>(() => Node.StartAsync(options => options with
        {
            Node = options.Node with
            {
                ClusterAddress = ("127.0.0.1",
                int.Parse(taken.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture))
            },
        }));

        Assert.StartsWith($"the cluster address {taken} can't be listened on (Address already in use)", problem.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_finds_none_of_its_seeds_gives_up()
    {
        TimeoutException problem = await Assert.ThrowsAsync<TimeoutException>(() => Node.StartAsync(options => options with
        {
            Node = options.Node with { Seeds = ["127.0.0.1:1"], StartTimeout = TimeSpan.FromSeconds(1) },
        }));

        Assert.Contains("is one of the seeds 127.0.0.1:1 up", problem.Message, StringComparison.Ordinal);
    }

    internal static string AddressOf(Node node) => node.Serving.Services.GetRequiredService<IClusterView>().Status().Address;

    internal static ActorSystem SystemOf(Node node) => node.Serving.Services.GetRequiredService<ActorSystem>();
}
