using Akka.Actor;
using AttentionCluster.Cluster.Hosting;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Tests.DataPlane.Http;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.DataPlane;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>Real nodes of a real cluster in this process, each with its own actor system, sockets and HTTP data plane.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<IHost> _hosts = [];
    private string[] _seeds = [];

    /// <summary>The gateway's services.</summary>
    internal IServiceProvider Gateway => _hosts[0].Services;

    /// <summary>A node by its name.</summary>
    internal IHost Node(string name) => _hosts.Single(host => host.Services.GetRequiredService<NodeOptions>().Name == name);

    /// <summary>Starts a gateway and some workers, and waits until all are Up.</summary>
    internal static async Task<TestCluster> StartAsync(int workers, Func<NodeOptions, NodeOptions>? choose = null)
    {
        var cluster = new TestCluster();
        await cluster.AddAsync(NodeRoles.Gateway, "gateway", choose);
        for (int i = 1; i <= workers; i++)
            await cluster.AddAsync(NodeRoles.Worker, $"worker-{i}", choose);
        await cluster.WaitForWorkersAsync(workers);
        return cluster;
    }

    /// <summary>Waits until the gateway knows so many workers.</summary>
    internal async Task WaitForWorkersAsync(int count)
    {
        IClusterView view = Gateway.GetRequiredService<IClusterView>();
        while (view.Status().WorkersUp() != count)
            await Task.Delay(20).InTime();
    }

    /// <summary>Has a node leave, as at SIGTERM.</summary>
    internal async Task LeaveAsync(IHost node)
    {
        Assert.True(await node.Services.GetRequiredService<ClusterMembership>().LeaveAsync(TimeSpan.FromSeconds(20)).InTime());
        await StopAsync(node);
    }

    /// <summary>Ends a node as if its process had been killed: nobody is told, and nothing listens any more.</summary>
    internal async Task KillAsync(IHost node)
    {
        await node.Services.GetRequiredService<ActorSystem>().Terminate().InTime();
        await StopAsync(node);
    }

    private async Task StopAsync(IHost node)
    {
        _hosts.Remove(node);
        await node.StopAsync().InTime();
        node.Dispose();
    }

    /// <summary>Starts one more node.</summary>
    /// <param name="roles">What it does.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="choose">Changes its options.</param>
    /// <param name="replace">Replaces services of it.</param>
    internal async Task<IHost> AddAsync(NodeRoles roles, string name, Func<NodeOptions, NodeOptions>? choose = null,
        Action<IServiceCollection>? replace = null)
    {
        NodeOptions options = new()
        {
            DataDirectory = Path.Combine(_folder.Path, name),
            Name = name,
            Roles = roles,
            Threads = 1,
            MemoryBytesMax = 256 << 20,
            Seeds = _seeds.Length == 0 ? ["127.0.0.1:0"] : _seeds,
        };
        options = choose is null ? options : choose(options);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        builder.Services.AddHttpDataPlane(new() { Secret = HttpNode.Secret }).AddAttentionCluster(options);
        replace?.Invoke(builder.Services);
        IHost host = builder.Build();
        _hosts.Add(host);
        await host.StartAsync().InTime();
        if (_seeds.Length == 0)
            _seeds = [host.Services.GetRequiredService<IClusterView>().Status().Address];
        await host.Services.GetRequiredService<ClusterMembership>().JoinAsync(_seeds, options.StartTimeout, default).InTime();
        return host;
    }

    /// <summary>Runs a job over random tensors, which are the same for the same shape.</summary>
    internal async Task<(JobRequest Job, JobOutcome Outcome)> RunAsync(
        string id, AttentionOptions options, TensorShape shape, IProgress<JobProgress>? progress = null)
    {
        TensorStore store = Gateway.GetRequiredService<TensorStore>();
        var job = new JobRequest(
            id, store.Generate($"{id}-q", "q", shape, 1, default), store.Generate($"{id}-k", "k", shape, 1, default),
            store.Generate($"{id}-v", "v", shape, 1, default), options);
        return (job, await Gateway.GetRequiredService<IAttentionService>().RunAsync(job, progress, default).InTime());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IHost host in Enumerable.Reverse(_hosts))
        {
            await host.Services.GetRequiredService<ClusterMembership>().EndAsync().InTime();
            await host.StopAsync().InTime();
            host.Dispose();
        }

        _folder.Dispose();
    }
}
