using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Client.Tests.Fake;

/// <summary>
/// Answers that are written past the server, and end with the connection. The server itself can't end one in its middle without a reset, which may overtake what was
/// sent before, and has no trailers in HTTP/1.1.
/// </summary>
internal static class RawAnswer
{
    /// <summary>A body followed by a trailer.</summary>
    public static Task WriteTrailedAsync(HttpContext context, byte[] body, string trailer) => WriteAsync(
        context,
        $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: attn-report\r\n\r\n{body.Length:x}\r\n",
        body,
        $"\r\n0\r\n{trailer}\r\n\r\n");

    /// <summary>Bytes as they are; then the connection ends.</summary>
    public static async Task WriteAsync(HttpContext context, string head, byte[] body, string tail)
    {
        PipeWriter output = context.Features.Get<IConnectionTransportFeature>()!.Transport.Output;
        await output.WriteAsync(Encoding.ASCII.GetBytes(head));
        await output.WriteAsync(body);
        await output.WriteAsync(Encoding.ASCII.GetBytes(tail));
        await output.CompleteAsync();
        await Faults.Silence(context);
    }
}
