using System.Buffers;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace AttentionCluster.Server.Http.Connections;

/// <summary>
/// HTTP/2 without TLS, by prior knowledge (RFC 9113, 3.3), on listeners that speak HTTP/1.1 as well. Kestrel decides by the listener which
/// of the two a connection without TLS speaks, and the client decides by its first bytes: so these are looked at, and a connection that
/// begins with the preface of HTTP/2 is handed to a second listener, which has no port and takes nothing but such connections.
/// </summary>
/// <param name="idleTimeout">How long a connection may be silent at its beginning.</param>
/// <param name="prefaceTimeout">How long a preface may take to arrive.</param>
internal sealed class CleartextHttp2(TimeSpan idleTimeout, TimeSpan prefaceTimeout) : IConnectionListenerFactory,
    IConnectionListenerFactorySelector, IConnectionListener
{
    private readonly Channel<ConnectionContext> _handed = Channel.CreateUnbounded<ConnectionContext>();

    /// <summary>The address of the second listener.</summary>
    internal static EndPoint Place { get; } = new Nowhere();

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <inheritdoc/>
    public EndPoint EndPoint => Place;

    /// <summary>Whether one of a server's addresses is that of the second listener, where nobody can connect to.</summary>
    internal static bool IsPlace(string address) => address.EndsWith(Nowhere.Name, StringComparison.Ordinal);

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint == Place;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(this);

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _handed.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false)
            && _handed.Reader.TryRead(out ConnectionContext? connection) ? connection : null;

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _handed.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnbindAsync();

    /// <summary>Looks how a connection begins, and passes it on; returns when it is over.</summary>
    /// <param name="connection">A new one.</param>
    /// <param name="http1">Serves HTTP/1.1.</param>
    internal async Task ServeAsync(ConnectionContext connection, ConnectionDelegate http1)
    {
        bool isHttp2;
        try
        {
            isHttp2 = await BeginsWithPrefaceAsync(connection).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            connection.Abort(new ConnectionAbortedException("the connection was silent for too long"));
            return;
        }

        if (!isHttp2)
        {
            await http1(connection).ConfigureAwait(false);
            return;
        }

        var handed = new HandedConnection(connection);
        if (_handed.Writer.TryWrite(handed))
            await handed.Ended.ConfigureAwait(false);
        else
            connection.Abort(new ConnectionAbortedException("the node stops"));
    }

    /// <summary>Takes no byte: whoever serves the connection reads them all again.</summary>
    private async Task<bool> BeginsWithPrefaceAsync(ConnectionContext connection)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        limit.CancelAfter(idleTimeout);
        for (bool hasBegun = false; ;)
        {
            System.IO.Pipelines.ReadResult read = await connection.Transport.Input.ReadAsync(limit.Token).ConfigureAwait(false);
            bool? isPreface = IsPreface(read.Buffer);
            bool isDecided = isPreface is not null || read.IsCompleted || read.IsCanceled;
            connection.Transport.Input.AdvanceTo(read.Buffer.Start, isDecided ? read.Buffer.Start : read.Buffer.End);
            if (isDecided)
                return isPreface == true;
            if (!hasBegun)
                limit.CancelAfter(prefaceTimeout);
            hasBegun = true;
        }
    }

    /// <returns>Null while that can't be told.</returns>
    private static bool? IsPreface(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> begin = stackalloc byte[Preface.Length];
        begin = begin[..(int)Math.Min(bytes.Length, begin.Length)];
        bytes.Slice(0, begin.Length).CopyTo(begin);
        return !Preface.StartsWith(begin) ? false : begin.Length == Preface.Length ? true : null;
    }

    private sealed class Nowhere : EndPoint
    {
        internal const string Name = "cleartext-http2";

        public override string ToString() => Name;
    }
}
