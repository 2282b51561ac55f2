using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.DataPlane;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>A node as far as its data plane goes: the real server on a free port of loopback, and what pulls.</summary>
internal sealed class HttpNode : IAsyncDisposable
{
    internal const string Secret = "0123456789abcdef0123456789abcdef";

    private readonly TemporaryFolder? _ownFolder;
    private readonly IHost _host;

    private HttpNode(IHost host, TemporaryFolder? ownFolder) => (_host, _ownFolder) = (host, ownFolder);

    internal HttpDataPlane Plane => _host.Services.GetRequiredService<HttpDataPlane>();

    internal TensorStore Store => _host.Services.GetRequiredService<TensorStore>();

    internal PublishedPayloads Offered => _host.Services.GetRequiredService<PublishedPayloads>();

    internal string Address => Plane.Address;

    /// <param name="name">The node's.</param>
    /// <param name="choose">Other options than the test's usual ones.</param>
    /// <param name="chunkBytes">Of the pulling side.</param>
    /// <param name="directory">The store's; one of its own when null.</param>
    internal static async Task<HttpNode> StartAsync(
        string name, Func<DataPlaneOptions, DataPlaneOptions>? choose = null, int chunkBytes = 4096, string? directory = null)
    {
        TemporaryFolder? ownFolder = directory is null ? new TemporaryFolder() : null;
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var node = new NodeOptions { DataDirectory = directory ?? ownFolder!.Path, Name = name, ChunkBytes = chunkBytes };
        var options = new DataPlaneOptions { Secret = Secret };
        builder.Services.AddSingleton(node);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(_ => new TensorStore(node.DataDirectory));
        builder.Services.AddSingleton(_ => DataPlaneUnderTest.IsPublished(name));
        builder.Services.AddHttpDataPlane(choose?.Invoke(options) ?? options);
        var started = new HttpNode(builder.Build(), ownFolder);
        await started._host.StartAsync();
        return started;
    }

    /// <summary>Offers random bytes, the same for the same seed.</summary>
    internal Claim Publish(int length, int seed = 1)
    {
        var payload = new NativeBuffer(length);
        new Random(seed).NextBytes(payload.Slice(0, length));
        return Plane.Publish("job", payload);
    }

    /// <summary>Pulls into new memory, and returns a copy of it.</summary>
    internal async Task<byte[]> PullAsync(Claim claim, CancellationToken cancellationToken = default)
    {
        using var received = new NativeBuffer(claim.Bytes);
        await Plane.PullAsync(claim, received, cancellationToken).InTime();
        return received.Slice(0, (int)claim.Bytes).ToArray();
    }

    internal Task<DataPlaneException> PullFailsAsync(Claim claim) => Assert.ThrowsAsync<DataPlaneException>(() => PullAsync(claim));

    internal static byte[] Bytes(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
        _ownFolder?.Dispose();
    }
}
