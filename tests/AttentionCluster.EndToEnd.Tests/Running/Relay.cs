using System.Net;
using System.Net.Sockets;

namespace AttentionCluster.EndToEnd.Tests.Running;

/// <summary>
/// Stands before a server, and passes everything on until the server has sent a number of bytes; the rest waits until it is let go.
/// </summary>
internal sealed class Relay : IAsyncDisposable
{
    private const int BufferBytes = 1 << 16;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Uri _server;
    private readonly long _holdsAfter;
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private long _answered;

    /// <param name="server">Where the server is, now or later.</param>
    /// <param name="holdsAfter">Bytes of it that pass.</param>
    public Relay(Uri server, long holdsAfter)
    {
        (_server, _holdsAfter) = (server, holdsAfter);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>What clients take for the server.</summary>
    public string Url => $"http://{_listener.LocalEndpoint}";

    /// <summary>Completes when the bytes have passed.</summary>
    public Task Held => _held.Task;

    /// <summary>Bytes that the server has sent to clients.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Everything passes from now on.</summary>
    public void Release() => _released.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _connections.Add(PassAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    /// <summary>One that the server does not take is closed, as is one that either end closes.</summary>
    private async Task PassAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(_server.Host, _server.Port, _stopping.Token);
                await Task.WhenAny(
                    client.GetStream().CopyToAsync(server.GetStream(), _stopping.Token),
                        AnswerAsync(server.GetStream(), client.GetStream()));
            }
            catch (Exception end) when (end is OperationCanceledException or SocketException or IOException)
            {
                // Its end is what the client sees.
            }
        }
    }

    private async Task AnswerAsync(NetworkStream server, NetworkStream client)
    {
        byte[] buffer = new byte[BufferBytes];
        for (int read; (read = await server.ReadAsync(buffer, _stopping.Token)) > 0;)
        {
            if (Answered >= _holdsAfter)
            {
                _held.TrySetResult();
                await _released.Task.WaitAsync(_stopping.Token);
            }

            await client.WriteAsync(buffer.AsMemory(0, read), _stopping.Token);
            Interlocked.Add(ref _answered, read);
        }
    }
}
