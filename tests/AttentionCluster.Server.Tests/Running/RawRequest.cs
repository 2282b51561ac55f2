using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace AttentionCluster.Server.Tests.Running;

/// <summary>A connection to which a test writes what it likes.</summary>
internal sealed class RawRequest : IDisposable
{
    private readonly TcpClient _client = new();

    internal static async Task<RawRequest> ConnectAsync(ApiNode node)
    {
        var raw = new RawRequest();
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
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await _client.GetStream().ReadAsync(one).AsTask().InTime() == 1)
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
