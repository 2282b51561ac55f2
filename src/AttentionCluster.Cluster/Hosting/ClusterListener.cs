using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;

namespace AttentionCluster.Cluster.Hosting;

/// <summary>
/// Tries the cluster address before Akka listens on it. Akka would fail as well, but only after it has logged the failure at length,
/// and printed it on standard output.
/// </summary>
internal sealed class ClusterListener(NodeOptions options) : IHostedService
{
    /// <exception cref="IOException">The address can't be listened on.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        (string host, int port) = options.ClusterAddress;
        try
        {
            // All addresses (0.0.0.0) are an address to listen on, and to Dns no host.
            IPAddress address = IPAddress.TryParse(host, out IPAddress? written) ? written : Dns.GetHostAddresses(host)[0];
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, port));
            return Task.CompletedTask;
        }
        catch (SocketException problem)
        {
            throw new IOException(
                $"the cluster address {host}:{port} can't be listened on ({problem.Message}): is another process there?", problem);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
