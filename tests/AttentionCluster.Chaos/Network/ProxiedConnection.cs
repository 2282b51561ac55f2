using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace AttentionCluster.Chaos.Network;

/// <summary>One connection through a <see cref="Proxy"/>, in both directions.</summary>
/// <param name="near">The caller's end.</param>
/// <param name="target">Where the node listens.</param>
/// <param name="node">The node's name in the faults.</param>
/// <param name="carriesTensors">Whether the port is that of the data plane.</param>
/// <param name="faults">What may pass.</param>
/// <param name="stopping">Ends it.</param>
internal sealed class ProxiedConnection(
    Socket near, IPEndPoint target, string node, bool carriesTensors, NetworkFaults faults, CancellationToken stopping) : IDisposable
{
    /// <summary>Bytes of a chunk, and chunks that are under way in one direction: what a delayed link holds at most is 4 MiB.</summary>
    private const int ChunkBytes = 64 << 10, ChunksMax = 64;

    private readonly CancellationTokenSource _ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    private readonly Socket _far = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>Ends it, and lets both ends see a reset.</summary>
    public void Reset()
    {
        try
        {
            _ending.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    /// <summary>Carries bytes until both ends have closed, one has broken, or it is reset.</summary>
    /// <param name="caller">The node that has opened it; null when it is none.</param>
    public async Task CarryAsync(Lazy<string?> caller)
    {
        near.NoDelay = true;
        try
        {
            await faults.WaitUntilOpenAsync(caller, node, _ending.Token);
            await _far.ConnectAsync(target, _ending.Token);
            await Task.WhenAll(PassAsync(near, _far, caller), PassAsync(_far, near, caller));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // An end that broke is told to the other by a reset, as if there were nothing between them.
            near.LingerState = new LingerOption(enable: true, seconds: 0);
            _far.LingerState = new LingerOption(enable: true, seconds: 0);
        }
    }

    public void Dispose()
    {
        near.Dispose();
        _far.Dispose();
        _ending.Dispose();
    }

    /// <summary>Reading and writing are two loops, so that a delay makes bytes late and not few.</summary>
    private async Task PassAsync(Socket from, Socket to, Lazy<string?> caller)
    {
        var chunks = Channel.CreateBounded<(byte[] Bytes, long Due)>(ChunksMax);
        await Task.WhenAll(EndAllIfItFailsAsync(ReadAsync(from, caller, chunks.Writer)),
            EndAllIfItFailsAsync(WriteAsync(chunks.Reader, to, caller)));
    }

    /// <summary>The other loops wait for what will never come.</summary>
    private async Task EndAllIfItFailsAsync(Task loop)
    {
        try
        {
            await loop;
        }
        catch
        {
            await _ending.CancelAsync();
            throw;
        }
    }

    private async Task ReadAsync(Socket from, Lazy<string?> caller, ChannelWriter<(byte[] Bytes, long Due)> chunks)
    {
        byte[] buffer = new byte[ChunkBytes];
        int length;
        do
        {
            try
            {
                length = await from.ReceiveAsync(buffer, _ending.Token);
            }
            catch (SocketException)
            {
                // Nobody hears of it across a partition.
                await faults.WaitUntilOpenAsync(caller, node, _ending.Token);
                throw;
            }

            if (carriesTensors && length > 0 && faults.IsNextTampered(node))
                buffer[length - 1] ^= 1;
            long due = Stopwatch.GetTimestamp() + (long)(faults.DelayBetween(caller, node).TotalSeconds * Stopwatch.Frequency);
            await chunks.WriteAsync((buffer[..length], due), _ending.Token);
        }
        while (length > 0);
    }

    private async Task WriteAsync(ChannelReader<(byte[] Bytes, long Due)> chunks, Socket to, Lazy<string?> caller)
    {
        while (true)
        {
            (byte[] bytes, long due) = await chunks.ReadAsync(_ending.Token);
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is { Ticks: > 0 } early)
                await Task.Delay(early, _ending.Token);
            await faults.WaitUntilOpenAsync(caller, node, _ending.Token);
            if (bytes.Length == 0)
            {
                to.Shutdown(SocketShutdown.Send);
                return;
            }

            for (int sent = 0; sent < bytes.Length;)
                sent += await to.SendAsync(bytes.AsMemory(sent), _ending.Token);
        }
    }
}
