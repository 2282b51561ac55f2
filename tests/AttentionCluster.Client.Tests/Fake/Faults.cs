using System.Globalization;
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

    /// <summary>The connection ends after a part of an answer.</summary>
    /// <param name="body">The part that arrives.</param>
    /// <param name="head">Header lines besides the length.</param>
    /// <param name="length">Bytes that the body should have.</param>
    /// <param name="status">The status.</param>
    public static RequestDelegate CutAnswerAfter(byte[] body, string head, long length, int status = 200) =>
        context => RawAnswer.WriteAsync(context, $"HTTP/1.1 {status} As-Scripted\r\nContent-Length: {length}\r\n{head}\r\n\r\n", body, "");

    /// <summary>Takes the request and never answers.</summary>
    public static async Task Silence(HttpContext context) => await Task.Delay(Timeout.Infinite, context.RequestAborted);
}
