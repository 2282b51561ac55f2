using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace AttentionCluster.Chaos.Network;

/// <summary>
/// Stands before one port of a node: it listens on the address that others know, and passes everything on to the one that the node
/// listens on. What the network's faults forbid stands still in it, in both directions, and goes on when they are healed, as
/// retransmitted packets would; new connections hang in the same way.
/// </summary>
internal sealed class Proxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly IPEndPoint _target;
    private readonly string _node;
    private readonly bool _carriesTensors;
    private readonly NetworkFaults _faults;
    private readonly Func<IPEndPoint, IPEndPoint, string?> _caller;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<ProxiedConnection, Task> _connections = new();
    private readonly Task _accepting;

    /// <param name="listen">What others connect to; port 0 takes a free one.</param>
    /// <param name="target">Where the node listens.</param>
    /// <param name="node">The node's name in the faults.</param>
    /// <param name="carriesTensors">Whether the port is that of the data plane, where bytes may be changed on their way.</param>
    /// <param name="faults">What may pass.</param>
    /// <param name="caller">The name of the node that has a connection open, by its end and ours; null for others.</param>
    public Proxy(IPEndPoint listen, IPEndPoint target, string node, bool carriesTensors, NetworkFaults faults,
        Func<IPEndPoint, IPEndPoint, string?> caller)
    {
        (_target, _node, _carriesTensors, _faults, _caller) = (target, node, carriesTensors, faults, caller);
        _listener = new TcpListener(listen);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Connections that are open.</summary>
    public int Connections => _connections.Count;

    /// <summary>Resets all connections that are open; new ones are welcome.</summary>
    public void Cut()
    {
        foreach (ProxiedConnection connection in _connections.Keys)
            connection.Reset();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections.Values);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket near = await _listener.AcceptSocketAsync(_stopping.Token);
                var connection = new ProxiedConnection(near, _target, _node, _carriesTensors, _faults, _stopping.Token);
                var known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _connections[connection] = CarryAsync(connection, near, known.Task);
                known.SetResult();
            }
        }
        catch (Exception e) when (_stopping.IsCancellationRequested
            && (e is OperationCanceledException or InvalidOperationException or SocketException))
        {
            // No more are taken; a listener that has been stopped between two of them says so in its own way.
        }
    }

    /// <param name="connection">The connection.</param>
    /// <param name="near">Its caller's end.</param>
    /// <param name="known">Ends when it is among the connections, where it must be before it can end.</param>
    private async Task CarryAsync(ProxiedConnection connection, Socket near, Task known)
    {
        await known;
        try
        {
            var (theirs, ours) = ((IPEndPoint)near.RemoteEndPoint!, (IPEndPoint)near.LocalEndPoint!);
            await connection.CarryAsync(new Lazy<string?>(() => _caller(theirs, ours)));
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }
}
