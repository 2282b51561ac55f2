using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Server.Http.Connections;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.Hosting;

/// <summary>A node that serves: one of a cluster, with its HTTP interface.</summary>
internal sealed partial class ServingNode : IAsyncDisposable
{
    /// <summary>How long requests that still run when the node has left may go on before their connections are closed.</summary>
    private static readonly TimeSpan s_requestsTimeout = TimeSpan.FromSeconds(1);

    /// <summary>How long everything together may take to stop once the node has left.</summary>
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(3);

    private readonly WebApplication _application;
    private readonly ServeOptions _options;

    private ServingNode(WebApplication application, ServeOptions options) => (_application, _options) = (application, options);

    /// <summary>Where the HTTP interface listens, with the ports that it has got.</summary>
    public IReadOnlyCollection<string> Urls => [.. _application.Urls.Where(url => !CleartextHttp2.IsPlace(url))];

    internal IServiceProvider Services => _application.Services;

    private ClusterMembership Membership => Services.GetRequiredService<ClusterMembership>();

    /// <summary>Starts a node, and waits until it is Up. Its HTTP interface answers before, and says that it is not ready.</summary>
    /// <param name="options">Validated options.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="IOException">The data directory is of a newer version, an address can't be listened on, or another node of the
    /// cluster has the name.</exception>
    /// <exception cref="TimeoutException">Not Up within <see cref="Cluster.NodeOptions.StartTimeout"/>.</exception>
    public static async Task<ServingNode> StartAsync(ServeOptions options, CancellationToken cancellationToken)
    {
        StoreFormat.Open(options.Node.DataDirectory);
        string? open = DataDirectory.KeepPrivate(options.Node.DataDirectory);
        WebApplication application = ServingApplication.Build(options);
        if (open is not null)
            LogOpenToOthers(application.Logger, open);
        try
        {
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        var node = new ServingNode(application, options);
        try
        {
            await node.Membership.JoinAsync(options.Node.Seeds, options.Node.StartTimeout, cancellationToken).ConfigureAwait(false);
            return node;
        }
        catch
        {
            await node.Membership.EndAsync().ConfigureAwait(false);
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits until the node has ended without having been asked to.</summary>
    /// <returns>Why, for people.</returns>
    public Task<string> WaitForEndAsync() => Membership.WaitForEndAsync();

    /// <summary>Waits until the node is told by another to leave; <see cref="LeaveAsync"/> is to be called then.</summary>
    public Task WaitForDrainAsync() => Membership.WaitForDrainAsync();

    /// <summary>Stops to take requests, and leaves the cluster.</summary>
    /// <returns>Whether that was done within <see cref="Cluster.NodeOptions.LeaveTimeout"/>.</returns>
    public Task<bool> LeaveAsync()
    {
        _application.Lifetime.StopApplication();
        return Membership.LeaveAsync(_options.Node.LeaveTimeout);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(s_requestsTimeout);
        try
        {
            await _application.StopAsync(limit.Token).WaitAsync(s_stopTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Akka's hosted service waits without a limit for the phases of a leave that was given up.
        }

        await _application.DisposeAsync().ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}")]
    private static partial void LogOpenToOthers(ILogger logger, string reason);
}
