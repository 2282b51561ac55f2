using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using AttentionCluster.Server.Http.Bodies;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Http.Endpoints;

/// <summary>A result file as an answer's body, followed by the job's report as a trailer.</summary>
/// <remarks>
/// Kestrel sends trailers over HTTP/2 and above. Over HTTP/1.1 it leaves the framing to an application that sets the transfer encoding
/// itself, so the body is one chunk here, and what follows it is written by hand (RFC 9112, 7.1). HTTP/1.0 has no trailers, and goes
/// without the report.
/// </remarks>
internal static class TrailedResult
{
    /// <summary>The trailer: the report's JSON on one line.</summary>
    internal const string TrailerName = "attn-report";

    private const int CopiedBytes = 256 << 10;

    /// <summary>Sends all of it; the file is closed.</summary>
    internal static async Task SendAsync(HttpContext context, FileStream file, string report)
    {
        await using (file)
        {
            HttpResponse response = context.Response;
            response.ContentType = TensorMediaType.Name;
            if (response.SupportsTrailers())
            {
                response.DeclareTrailer(TrailerName);
                await CopyAsync(file, context).ConfigureAwait(false);
                response.AppendTrailer(TrailerName, report);
            }
            else if (HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                response.DeclareTrailer(TrailerName);
                response.Headers[HeaderNames.TransferEncoding] = "chunked";
                Write(response.BodyWriter, string.Create(CultureInfo.InvariantCulture, $"{file.Length:x}\r\n"));
                await CopyAsync(file, context).ConfigureAwait(false);
                Write(response.BodyWriter, $"\r\n0\r\n{TrailerName}: {report}\r\n\r\n");
                await response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            }
            else
            {
                response.ContentLength = file.Length;
                await CopyAsync(file, context).ConfigureAwait(false);
            }
        }
    }

    private static Task CopyAsync(FileStream file, HttpContext context) =>
        file.CopyToAsync(context.Response.Body, CopiedBytes, context.RequestAborted);

    /// <summary>ASCII: what is none is escaped in the JSON of a report.</summary>
    private static void Write(PipeWriter body, string text) => body.Write(Encoding.ASCII.GetBytes(text));
}
