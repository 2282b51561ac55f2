using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>
/// A cluster of real processes on loopback: a gateway that starts it, and workers that share its data directory, and so its secret.
/// </summary>
internal sealed class ProcessCluster : IAsyncDisposable
{
    /// <summary>Longer than any change of the cluster takes on a busy machine.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(50);

    private readonly List<ServeProcess> _nodes = [];

    private ProcessCluster()
    {
    }

    /// <summary>The working directory of all nodes.</summary>
    public TemporaryFolder Folder { get; } = new();

    /// <summary>The node that has started the cluster.</summary>
    public ServeProcess Gateway => _nodes[0];

    /// <summary>What joined later, in the order of <see cref="AddAsync(string[])"/>; also those that have gone.</summary>
    public IReadOnlyList<ServeProcess> Workers => _nodes[1..];

    /// <summary>Starts a gateway and some workers, and waits until all see each other Up.</summary>
    /// <param name="workers">How many; each has one compute thread.</param>
    /// <param name="gatewayArguments">What else the gateway is told.</param>
    public static async Task<ProcessCluster> StartAsync(int workers, params string[] gatewayArguments)
    {
        var cluster = new ProcessCluster();
        try
        {
            ServeProcess gateway = ServeProcess.Start(cluster.Folder, [], ["--roles", "gateway", .. gatewayArguments]);
            cluster._nodes.Add(gateway);
            await gateway.WaitForReadyAsync();
            await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => cluster.AddAsync()));
            await cluster.WaitForAsync(nodes => nodes.Count(IsUp) == 1 + workers);
            return cluster;
        }
        catch (Exception problem)
        {
            string errors = string.Join('\n', cluster._nodes.Select(node => node.Error));
            await cluster.DisposeAsync();
            throw new InvalidOperationException($"the cluster did not start\n{errors}", problem);
        }
    }

    /// <summary>Starts one more worker, and waits until it is ready.</summary>
    /// <param name="arguments">What else it is told.</param>
    public Task<ServeProcess> AddAsync(params string[] arguments) => AddAsync([], arguments);

    /// <summary>The same with variables in its environment.</summary>
    public async Task<ServeProcess> AddAsync((string Name, string Value)[] environment, params string[] arguments)
    {
        ServeProcess worker = ServeProcess.Start(
            Folder, environment, ["--roles", "worker", "--threads", "1", "--seeds", await Gateway.ClusterAddressAsync(), .. arguments]);
        lock (_nodes)
            _nodes.Add(worker);
        await worker.WaitForReadyAsync();
        return worker;
    }

    /// <summary>Waits until the nodes, as the gateway sees them, are as they should be.</summary>
    public async Task WaitForAsync(Func<IReadOnlyList<JsonElement>, bool> condition)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (!condition([.. (await Gateway.ClusterAsync()).GetProperty("nodes").EnumerateArray()]))
            await Task.Delay(s_pollInterval, limit.Token);
    }

    /// <summary>Whether a node is Up.</summary>
    public static bool IsUp(JsonElement node) => node.GetProperty("state").GetString() == "up";

    public async ValueTask DisposeAsync()
    {
        foreach (ServeProcess node in _nodes)
            await node.DisposeAsync();
        Folder.Dispose();
    }
}
