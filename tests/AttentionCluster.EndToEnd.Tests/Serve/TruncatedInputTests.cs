using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>An input that somebody makes shorter while its job runs costs that job, at whatever moment, and nothing else.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class TruncatedInputTests : IDisposable
{
    private const int Keys = 131_072, Width = 64;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("while it is computed", "?kernel=portable&keys_per_segment=1024&rows_per_block=64", 4_096, false)]
    [InlineData("while it is verified", "?verify=4096", 4_096, true)]
    public async Task It_ends_its_job_alone(string moment, string query, int rows, bool isComputed)
    {
        Assert.NotEmpty(moment);
        string data = Path.Combine(_folder.Path, "data");
        await using ServeProcess node = ServeProcess.Start(_folder, [], "--data", data);
        await node.WaitForReadyAsync();
        Uri job = await PostAsync(node, query, rows, Keys);
        await ServedJob.UntilAsync(async () =>
        {
            JsonElement progress = (await node.Http.GetFromJsonAsync<JsonElement>(job)).GetProperty("progress");
            (int done, int all) = (progress.GetProperty("tasks_done").GetInt32(), progress.GetProperty("tasks").GetInt32());
            return isComputed ? done == all && all > 0 : done > 0;
        });

        using (FileStream input = new(Assert.Single(Directory.GetFiles(data, "input.safetensors", SearchOption.AllDirectories)),
            FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            input.SetLength(4_096);

        JsonElement ended = default;
        await ServedJob.UntilAsync(async () =>
        {
            ended = await node.Http.GetFromJsonAsync<JsonElement>(job);
            return ended.GetProperty("state").GetString() is not ("queued" or "running");
        });
        Assert.Equal("input-damaged", ended.GetProperty("error").GetProperty("code").GetString());
        Assert.False(node.HasExited);

        Uri next = await PostAsync(node, "", 16, 16);
        await ServedJob.UntilAsync(async () =>
            (await node.Http.GetFromJsonAsync<JsonElement>(next)).GetProperty("state").GetString() == "succeeded");
    }

    private static async Task<Uri> PostAsync(ServeProcess node, string query, int rows, int keys)
    {
        using var content = new ByteArrayContent(
            Safetensors.Zeros(("k", "F32", 4, [keys, Width]), ("v", "F32", 4, [keys, Width]), ("q", "F32", 4, [rows, Width])));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-safetensors");
        using HttpResponseMessage accepted = await node.Http.PostAsync("/v1/jobs" + query, content);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        return accepted.Headers.Location!;
    }
}
