using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace AttentionCluster.Benchmarks.DataPlane;

/// <summary>The least that HTTP/1.1 between two processes can be: Kestrel writes an array, and a client reads it into another.</summary>
internal static class PlainStream
{
    private const int WrittenAtOnce = 1 << 18;

    /// <summary>A server on a free port of loopback that answers everything with the same bytes.</summary>
    internal static async Task<WebApplication> ServeAsync(byte[] payload)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        WebApplication application = builder.Build();
        application.Run(async context =>
        {
            context.Response.ContentLength = payload.Length;
            for (int at = 0; at < payload.Length; at += WrittenAtOnce)
                await context.Response.Body.WriteAsync(payload.AsMemory(at, Math.Min(WrittenAtOnce, payload.Length - at)));
        });
        await application.StartAsync();
        return application;
    }

    internal static async Task ReadAsync(HttpClient http, string url, byte[] destination)
    {
        using HttpResponseMessage response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(destination);
    }
}
