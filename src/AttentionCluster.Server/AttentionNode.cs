using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Hosting;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Store;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server;

/// <summary>A running node: its host, and the doors into it.</summary>
internal sealed class AttentionNode : IAsyncDisposable
{
    private readonly IHost _host;

    private AttentionNode(IHost host) => _host = host;

    /// <summary>Runs jobs.</summary>
    public IAttentionService Attention => _host.Services.GetRequiredService<IAttentionService>();

    /// <summary>Holds their tensors.</summary>
    public TensorStore Store => _host.Services.GetRequiredService<TensorStore>();

    /// <summary>Starts a node that is its own cluster, and waits until it can compute.</summary>
    /// <param name="options">Validated options.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="TimeoutException">Not Up within <see cref="NodeOptions.StartTimeout"/>.</exception>
    public static async Task<AttentionNode> StartAsync(NodeOptions options, CancellationToken cancellationToken)
    {
        // The empty builder reads no configuration file, no environment and no command line, and installs no handler of signals:
        // an embedded node belongs to the process that starts it.
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        builder.Services.AddAttentionCluster(options);
        IHost host = builder.Build();
        var node = new AttentionNode(host);
        try
        {
            await host.StartAsync(cancellationToken).ConfigureAwait(false);
            await host.Services.GetRequiredService<ClusterMembership>()
                .JoinAsync([], options.StartTimeout, cancellationToken).ConfigureAwait(false);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.Services.GetRequiredService<ClusterMembership>().EndAsync().ConfigureAwait(false);
        await _host.StopAsync().ConfigureAwait(false);
        if (_host is IAsyncDisposable disposable)
            await disposable.DisposeAsync().ConfigureAwait(false);
        else
            _host.Dispose();
    }
}
