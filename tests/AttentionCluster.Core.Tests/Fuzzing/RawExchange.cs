using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AttentionCluster.Core.Tests.Fuzzing;

/// <summary>Bytes to a port, and what comes back before the other side closes.</summary>
internal static class RawExchange
{
    /// <summary>How long an answer is waited for before this side says that it has no more to send.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(150);

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <summary>Sends and receives.</summary>
    /// <param name="port">Where to.</param>
    /// <param name="request">What.</param>
    /// <param name="patience">How long an answer is waited for before this side says that it has no more to send; a server may then answer
    /// no more.</param>
    /// <returns>The answer, empty when the other side broke off at once.</returns>
    /// <exception cref="TimeoutException">The other side neither answered nor closed.</exception>
    internal static async Task<string> SendAsync(IPEndPoint port, byte[] request, TimeSpan? patience = null)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(port).WaitAsync(s_limit);
        var answer = new MemoryStream();
        try
        {
            await client.GetStream().WriteAsync(request).AsTask().WaitAsync(s_limit);
            Task received = client.GetStream().CopyToAsync(answer);
            if (await Task.WhenAny(received, Task.Delay(patience ?? s_patience)) != received)
                client.Client.Shutdown(SocketShutdown.Send);
            await received.WaitAsync(s_limit);
        }
        catch (Exception broken) when (broken is IOException or SocketException)
        {
            // A server may break off what it can't read; what it had said before counts.
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }

    /// <summary>Memory of this process that is backed by no file, in bytes; 0 where the system does not say.</summary>
    internal static long AnonymousBytes()
    {
        const string status = "/proc/self/status";
        if (!File.Exists(status))
            return 0;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        string line = File.ReadLines(status).First(text => text.StartsWith("RssAnon:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            System.Globalization.CultureInfo.InvariantCulture);
    }
}
