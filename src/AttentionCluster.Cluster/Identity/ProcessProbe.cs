using System.Net.Sockets;

namespace AttentionCluster.Cluster.Identity;

/// <summary>
/// Looks whether a process listens at a cluster address, by connecting to it and no more. A machine whose process was killed refuses at
/// once; that is seconds sooner than heartbeats that don't come.
/// </summary>
internal static class ProcessProbe
{
    /// <summary>How long an answer may take; a refusal takes a fraction of a millisecond more than the way there and back.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(1);

    /// <summary>Never throws.</summary>
    internal static async Task<ProbeResult> AtAsync(string host, int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(s_timeout);
        try
        {
            await socket.ConnectAsync(host, port, limit.Token).ConfigureAwait(false);
            return ProbeResult.Alive;
        }
        catch (SocketException problem) when (problem.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return ProbeResult.Refused;
        }
        catch (Exception problem) when (problem is SocketException or OperationCanceledException)
        {
            return ProbeResult.Silent;
        }
    }
}
