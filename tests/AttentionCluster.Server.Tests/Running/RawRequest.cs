using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AttentionCluster.Server.Tests.Running;

/// <summary>A connection to which a test writes what it likes.</summary>
internal sealed class RawRequest : IDisposable
{
    private readonly TcpClient _client;

    private RawRequest(IPAddress from) => _client = new TcpClient(new IPEndPoint(from, 0));

    /// <param name="node">Where to.</param>
    /// <param name="from">Which of the addresses of loopback it comes from; null for the usual one.</param>
    internal static async Task<RawRequest> ConnectAsync(ApiNode node, IPAddress? from = null)
    {
        var raw = new RawRequest(from ?? IPAddress.Loopback);
        await raw._client.ConnectAsync(node.Address.Host, node.Address.Port).InTime();
        return raw;
    }

    /// <summary>The beginning of a POST, up to its body.</summary>
    internal Task PostAsync(string target, string bodyHeader, string version = "1.1") => WriteAsync(
        $"POST {target} HTTP/{version}\r\nHost: localhost\r\nContent-Type: {JobBody.MediaType}\r\n{bodyHeader}\r\n\r\n");

    internal Task WriteAsync(string text) => WriteAsync(Encoding.Latin1.GetBytes(text));

    internal Task WriteAsync(ReadOnlyMemory<byte> bytes) => _client.GetStream().WriteAsync(bytes).AsTask().InTime();

    /// <summary>Reads the answer's first line and headers.</summary>
    /// <returns>The status.</returns>
    internal async Task<int> StatusAsync()
    {
        var text = new StringBuilder();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)
            && await _client.GetStream().ReadAsync(one).AsTask().InTime() == 1)
            text.Append((char)one[0]);
        return int.Parse(text.ToString().Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Reads everything until the other side closes.</summary>
    internal async Task<string> ReadToEndAsync()
    {
        using var reader = new StreamReader(_client.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync().InTime();
    }

    /// <summary>Breaks the connection off as a process does that is killed.</summary>
    internal void Break()
    {
        _client.LingerState = new LingerOption(true, 0);
        _client.Close();
    }

    public void Dispose() => _client.Dispose();
}
