using System.Net;
using System.Net.Sockets;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>Stands between two nodes, and does one thing to every answer that is long enough.</summary>
internal sealed class FaultyLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _struck = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private readonly int _targetPort;
    private readonly LinkFault _fault;
    private readonly int _afterBytes;
    private readonly Task _accepting;

    /// <param name="target">The node's address.</param>
    /// <param name="fault">What happens.</param>
    /// <param name="afterBytes">After how many bytes of one connection's answers, headers too.</param>
    internal FaultyLink(string target, LinkFault fault, int afterBytes)
    {
        _targetPort = IPEndPoint.Parse(target).Port;
        (_fault, _afterBytes) = (fault, afterBytes);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>Completes when it has happened.</summary>
    internal Task Struck => _struck.Task;

    /// <summary>Ends <see cref="LinkFault.Waits"/>.</summary>
    internal void Release() => _released.SetResult();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting.InTime();
    }

    private async Task AcceptAsync()
    {
        var links = new List<Task>();
        try
        {
            while (true)
                links.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(links);
        }
    }

    private async Task CarryAsync(TcpClient near)
    {
        using (near)
        using (var far = new TcpClient())
        {
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, _targetPort, _stopping.Token);
                Task there = near.GetStream().CopyToAsync(far.GetStream(), _stopping.Token);
                await Task.WhenAny(there, CarryBackAsync(far.GetStream(), near));
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // One of the two ends has gone.
            }
        }
    }

    private async Task CarryBackAsync(NetworkStream from, TcpClient to)
    {
        byte[] buffer = new byte[1 << 14];
        int carried = 0;
        while (await from.ReadAsync(buffer, _stopping.Token) is > 0 and var length)
        {
            int untilFault = _afterBytes - carried;
            bool strikes = untilFault >= 0 && untilFault < length;
            bool goesOn = !strikes || _fault is LinkFault.FlipsABit or LinkFault.Waits;
            if (strikes && _fault == LinkFault.FlipsABit)
                buffer[untilFault] ^= 0x10;
            int passed = goesOn ? length : untilFault;
            await to.GetStream().WriteAsync(buffer.AsMemory(0, passed), _stopping.Token);
            carried += length;
            if (!strikes)
                continue;
            _struck.TrySetResult();
            if (_fault == LinkFault.Waits)
                await _released.Task.WaitAsync(_stopping.Token);
            if (_fault == LinkFault.FallsSilent)
                await Task.Delay(Timeout.Infinite, _stopping.Token);
            if (_fault == LinkFault.IsReset)
                to.LingerState = new LingerOption(enable: true, seconds: 0);
            if (!goesOn)
                return;
        }
    }
}
