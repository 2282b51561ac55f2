using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace AttentionCluster.Server.Http.Connections;

/// <summary>
/// A connection that one listener has accepted, and another serves: what it is disposed of by is that it is served no more, and its own
/// listener closes it. Its features are the other's above its own, because both set the same ones.
/// </summary>
internal sealed class HandedConnection(ConnectionContext connection) : ConnectionContext
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it is served no more.</summary>
    internal Task Ended => _ended.Task;

    /// <inheritdoc/>
    public override string ConnectionId { get; set; } = connection.ConnectionId;

    /// <inheritdoc/>
    public override IFeatureCollection Features { get; } = new FeatureCollection(connection.Features);

    /// <inheritdoc/>
    public override IDictionary<object, object?> Items { get; set; } = connection.Items;

    /// <inheritdoc/>
    public override IDuplexPipe Transport { get; set; } = connection.Transport;

    /// <inheritdoc/>
    public override CancellationToken ConnectionClosed { get; set; } = connection.ConnectionClosed;

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint { get; set; } = connection.LocalEndPoint;

    /// <inheritdoc/>
    public override EndPoint? RemoteEndPoint { get; set; } = connection.RemoteEndPoint;

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason) => connection.Abort(abortReason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _ended.TrySetResult();
        return base.DisposeAsync();
    }
}
