using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>A gateway with little memory, and jobs that are small on the wire and large to coordinate.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class HeapLimitTests : IDisposable
{
    private const string Token = "0123456789abcdef";

    /// <summary>512 MiB, in the form that the runtime wants.</summary>
    private static readonly (string, string)[] s_environment = [("DOTNET_GCHeapHardLimit", "0x20000000"), ("ATTN__Security__Token", Token)];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_job_that_would_fill_the_heap_is_refused_and_the_next_one_runs()
    {
        await using ServeProcess node = ServeProcess.Start(_folder, s_environment, "--memory", "64MiB");
        await node.WaitForReadyAsync();

        // Who brings no token is refused before a byte of the body is there.
        Assert.Equal("HTTP/1.1 401", await FirstAnswerAsync(node));
        node.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);

        using HttpResponseMessage refused = await PostAsync(node, "?keys_per_segment=1", keys: 1_000_000);
        JsonElement problem = JsonSerializer.Deserialize<JsonElement>(await refused.Content.ReadAsStringAsync());
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "job-too-large"),
            (refused.StatusCode, problem.GetProperty("code").GetString()));
        Assert.Contains("raise keys-per-segment", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);

        using HttpResponseMessage accepted = await PostAsync(node, "?keys_per_segment=512", keys: 1_000_000);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        await ServedJob.UntilAsync(async () =>
        {
            string job = await node.Http.GetStringAsync(accepted.Headers.Location);
            Assert.DoesNotContain("\"failed\"", job, StringComparison.Ordinal);
            return job.Contains("\"succeeded\"", StringComparison.Ordinal);
        });
    }

    private static async Task<HttpResponseMessage> PostAsync(ServeProcess node, string query, int keys)
    {
        using var content = new ByteArrayContent(
            Safetensors.Zeros(("q", "F16", 2, [1, 1]), ("k", "F16", 2, [keys, 1]), ("v", "F16", 2, [keys, 1])));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-safetensors");
        return await node.Http.PostAsync("/v1/jobs" + query, content);
    }

    /// <summary>The beginning of what is answered to the headers of a request whose body never comes.</summary>
    private static async Task<string> FirstAnswerAsync(ServeProcess node)
    {
        var url = new Uri(node.Url);
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"POST /v1/jobs HTTP/1.1\r\nHost: {url.Authority}\r\nContent-Type: "
                + $"application/x-safetensors\r\nContent-Length: 4000000\r\n\r\n")));
        byte[] answer = new byte["HTTP/1.1 401".Length];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await client.GetStream().ReadExactlyAsync(answer, limit.Token);
        return Encoding.ASCII.GetString(answer);
    }
}
