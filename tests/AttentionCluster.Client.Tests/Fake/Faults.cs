using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Client.Tests.Fake;

/// <summary>Answers that go wrong.</summary>
internal static class Faults
{
    /// <summary>Problem details.</summary>
    public static RequestDelegate Problem(int status, string code, string detail, int? retryAfterSeconds = null) => async context =>
    {
        context.Response.StatusCode = status;
        if (retryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await context.Response.WriteAsJsonAsync(new { status, title = code, detail, code }, options: null, "application/problem+json");
    };

    /// <summary>The connection breaks after so many bytes of the request's body.</summary>
    public static RequestDelegate CutRequestAfter(int bytes) => async context =>
    {
        byte[] read = new byte[bytes];
        await context.Request.Body.ReadExactlyAsync(read);
        context.Abort();
    };

    /// <summary>
    /// The connection ends after a part of an answer. It is written past the server, which would end the connection by a reset, and a reset
    /// may overtake what was sent before.
    /// </summary>
    /// <param name="body">The part that arrives.</param>
    /// <param name="head">Header lines besides the length.</param>
    /// <param name="length">Bytes that the body should have.</param>
    /// <param name="status">The status.</param>
    public static RequestDelegate CutAnswerAfter(byte[] body, string head, long length, int status = 200) =>
        async context =>
        {
            PipeWriter output = context.Features.Get<IConnectionTransportFeature>()!.Transport.Output;
            await output.WriteAsync(
                Encoding.ASCII.GetBytes($"HTTP/1.1 {status} As-Scripted\r\nContent-Length: {length}\r\n{head}\r\n\r\n"));
            await output.WriteAsync(body);
            await output.CompleteAsync();
            await Silence(context);
        };

    /// <summary>Takes the request and never answers.</summary>
    public static async Task Silence(HttpContext context) => await Task.Delay(Timeout.Infinite, context.RequestAborted);
}
