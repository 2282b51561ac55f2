using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>A request as it is written, without what an HTTP library makes of it.</summary>
internal static class RawRequest
{
    /// <returns>The whole answer.</returns>
    internal static async Task<string> SendAsync(string address, string method, string target, string? authorization)
    {
        int colon = address.LastIndexOf(':');
        using var client = new TcpClient();
        await client.ConnectAsync(address[..colon], int.Parse(address[(colon + 1)..], CultureInfo.InvariantCulture)).InTime();
        string header = authorization is null ? "" : $"Authorization: {authorization}\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{method} {target} HTTP/1.1\r\nHost: {address}\r\n{header}Connection: "
            + "close\r\n\r\n"));
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync().InTime();
    }

    internal static int Status(string answer) => int.Parse(answer.Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>A body of one chunk, without its length.</summary>
    internal static string Reason(string answer) => Body(answer).Split("\r\n")[1];

    internal static string Body(string answer) => answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
}
