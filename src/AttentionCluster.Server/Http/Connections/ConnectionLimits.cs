using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.Http.Connections;

/// <summary>
/// How many connections the public interface has, in all and of one client. One more takes the place of the one that has been idle for
/// longest. Where none is idle it may still ask for the node's health: for that there are connections besides, so that nothing that clients
/// do makes a node look dead.
/// </summary>
/// <param name="max">Of all clients.</param>
/// <param name="perAddressMax">Of one.</param>
/// <param name="logger">Told of those for which there is no place.</param>
internal sealed partial class ConnectionLimits(int max, int perAddressMax, ILogger<ConnectionLimits> logger)
{
    /// <summary>Connections for health besides the others: what a few that ask every second need, on a busy machine.</summary>
    internal const int ReserveMax = 32;

    /// <summary>How long one of those stays.</summary>
    private static readonly TimeSpan s_reserveTime = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, HashSet<PublicConnection>> _byAddress = [];
    private readonly List<PublicConnection> _reserve = [];
    private int _count;

    /// <summary>Serves a connection, as a middleware of Kestrel's.</summary>
    internal async Task ServeAsync(ConnectionContext context, ConnectionDelegate next)
    {
        var connection = new PublicConnection(
            (context.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None, () =>
                context.Abort(new ConnectionAbortedException("the connection gives way to another")));
        bool isTaken = Open(connection, out PublicConnection? evicted);
        evicted?.Abort();
        if (!isTaken)
        {
            connection.Abort();
            return;
        }

        context.Features.Set(connection);
        using var limit = new CancellationTokenSource();
        if (connection.IsForHealth)
        {
            LogNoRoom(connection.Address);
            limit.Token.Register(connection.Abort);
            limit.CancelAfter(s_reserveTime);
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            Close(connection);
        }
    }

    /// <summary>Finds a place for a connection.</summary>
    /// <param name="connection">The new one; says afterwards whether it is for health alone.</param>
    /// <param name="evicted">One that has lost its place and is to be closed.</param>
    /// <returns>False when there is no place even for health.</returns>
    internal bool Open(PublicConnection connection, out PublicConnection? evicted)
    {
        lock (_lock)
        {
            evicted = null;
            HashSet<PublicConnection>? own = _byAddress.GetValueOrDefault(connection.Address);
            if (own?.Count >= perAddressMax)
                evicted = EvictOldest(own);
            else if (_count >= max)
                evicted = EvictOldest(_byAddress.Values.SelectMany(connections => connections));
            else
                return Add(connection);
            if (evicted is null)
                return OpenForHealth(connection, out evicted);
            Remove(evicted);
            return Add(connection);
        }
    }

    /// <summary>A connection is no more.</summary>
    internal void Close(PublicConnection connection)
    {
        lock (_lock)
            Remove(connection);
    }

    /// <summary>Those that have been idle for longest come first in turn, since one may have become busy meanwhile.</summary>
    private static PublicConnection? EvictOldest(IEnumerable<PublicConnection> connections) =>
        connections.Where(connection => connection.IsIdle).OrderBy(connection => connection.IdleSince)
            .FirstOrDefault(connection => connection.TryEvict());

    private bool OpenForHealth(PublicConnection connection, out PublicConnection? evicted)
    {
        connection.IsForHealth = true;
        evicted = _reserve.Count < ReserveMax ? null : EvictOldest(_reserve);
        if (evicted is not null)
            _reserve.Remove(evicted);
        if (_reserve.Count >= ReserveMax)
            return false;
        _reserve.Add(connection);
        return true;
    }

    private bool Add(PublicConnection connection)
    {
        if (!_byAddress.TryGetValue(connection.Address, out HashSet<PublicConnection>? own))
            _byAddress[connection.Address] = own = [];
        own.Add(connection);
        _count++;
        return true;
    }

    private void Remove(PublicConnection connection)
    {
        if (_reserve.Remove(connection) || !_byAddress.TryGetValue(connection.Address, out HashSet<PublicConnection>? own)
            || !own.Remove(connection))
            return;
        _count--;
        if (own.Count == 0)
            _byAddress.Remove(connection.Address);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "All places for connections are taken by busy ones: one from {Address} can ask for "
        + "health alone")]
    private partial void LogNoRoom(IPAddress address);
}
