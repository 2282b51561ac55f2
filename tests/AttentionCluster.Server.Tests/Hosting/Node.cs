using AttentionCluster.Cluster.Membership;
using AttentionCluster.Server.Hosting;
using AttentionCluster.Server.Tests.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Server.Tests.Hosting;

/// <summary>A node as <c>attn serve</c> runs it, in this process, on free ports of loopback.</summary>
internal sealed class Node : IAsyncDisposable
{
    private static int s_nodes;

    private readonly TemporaryFolder _folder;

    private Node(ServingNode serving, TemporaryFolder folder)
    {
        (Serving, _folder) = (serving, folder);
        Http = new HttpClient { BaseAddress = new Uri(serving.Urls.First()), Timeout = Patience.Limit };
    }

    internal ServingNode Serving { get; }

    internal HttpClient Http { get; }

    /// <param name="choose">Other options than a gateway and worker without a token.</param>
    internal static async Task<Node> StartAsync(Func<ServeOptions, ServeOptions>? choose = null)
    {
        ServeOptions options = Settings.Read(Settings.Layer(
            "test", ("Cluster:Listen", "127.0.0.1:0"), ("DataPlane:Listen", "127.0.0.1:0"), ("Http:Urls", "http://127.0.0.1:0"),
                ("Node:MemoryBytesMax", "256MiB")));
        var folder = new TemporaryFolder();
        options = options with
        {
            // By default a name is a process's, and all of these are in one.
            Node = options.Node with { DataDirectory = folder.Path, Name = $"node-{Interlocked.Increment(ref s_nodes)}" },
        };
        ServingNode serving = await ServingNode.StartAsync(choose?.Invoke(options) ?? options, CancellationToken.None).InTime();
        return new Node(serving, folder);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();

        // Without a leave: it would wait for others that the test has ended as well.
        await Task.WhenAny(Serving.Services.GetRequiredService<ClusterMembership>().EndAsync(), Serving.WaitForEndAsync()).InTime();
        await Serving.DisposeAsync();
        _folder.Dispose();
    }
}
