using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.Client;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>A disk that is full loses no job that was accepted, and says so to one that is not.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class FullDiskTests : IDisposable
{
    private const long DiskBytes = 192 << 20;

    private static readonly AttentionOptions s_options = new() { Kernel = KernelChoice.Portable, KeysPerSegment = 1024, RowsPerBlock = 64 };

    private readonly TemporaryFolder _folder = new();
    private readonly SmallDisk? _disk;

    public FullDiskTests() => _disk = SmallDisk.TryMount(_folder.File("disk"), DiskBytes);

    private string Data => Path.Combine(_disk!.Path, "data");

    public void Dispose()
    {
        _disk?.Dispose();
        _folder.Dispose();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_end_that_has_no_room_is_the_same_after_a_crash_and_is_written_when_there_is_room(bool isKilled)
    {
        Skip.If(_disk is null, "no small file system may be mounted here (that takes root, or CAP_SYS_ADMIN)");
        await using ServeProcess first = ServeProcess.Start(_folder, [], "--threads", "1", "--data", Data);
        await first.WaitForReadyAsync();
        using var client = new AttentionClient(new Uri(first.Url));
        string id = await client.SubmitAsync(
            [.. new[] { "q", "k", "v" }.Select(name => TensorInput.Random(name, new TensorShape(1, 2, 3072, 64), 1))], s_options);
        await ServedJob.UntilAsync(async () =>
            (await JobAsync(first, id)).GetProperty("progress").GetProperty("tasks_done").GetInt32() > 0);

        // The journal gives pages back now and then, which its file takes again.
        JsonElement seen = await EndAsync(first, id, meanwhile: _disk.Fill);
        Assert.Equal("succeeded", seen.GetProperty("state").GetString());
        await first.WaitForErrorAsync("The end of job");

        ServeProcess? next = null;
        if (isKilled)
        {
            first.Kill();
            await first.WaitForExitAsync();
            _disk.Free();
            next = ServeProcess.Start(_folder, [], "--threads", "1", "--data", Data);
            await next.WaitForReadyAsync();
        }
        else
        {
            _disk.Free();
        }

        await using (next)
        {
            JsonElement ended = await EndAsync(next ?? first, id);
            Assert.Equal("succeeded", ended.GetProperty("state").GetString());
            Assert.Equal(Hash(seen), Hash(ended));
            using HttpResponseMessage result = await (next ?? first).Http.GetAsync($"/v1/jobs/{id}/result");
            Assert.Equal(HttpStatusCode.OK, result.StatusCode);
            await ServedJob.UntilAsync(() => Task.FromResult(!File.Exists(FileOf(id, "input.safetensors"))));
            Assert.Contains("\"succeeded\"", await File.ReadAllTextAsync(FileOf(id, "job.json")), StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task A_job_with_a_key_is_told_that_there_is_no_room_and_leaves_nothing()
    {
        Skip.If(_disk is null, "no small file system may be mounted here (that takes root, or CAP_SYS_ADMIN)");
        await using ServeProcess node = ServeProcess.Start(_folder, [], "--threads", "1", "--data", Data);
        await node.WaitForReadyAsync();
        _disk.Fill();

        using (HttpResponseMessage refused = await PostAsync(node))
        {
            Assert.Equal(HttpStatusCode.InsufficientStorage, refused.StatusCode);
            Assert.Equal("no-room-on-disk", (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
        }

        Assert.Equal(["lock"], Directory.GetFiles(Path.Combine(Data, "keys")).Select(Path.GetFileName));
        Assert.Empty(Directory.GetDirectories(Path.Combine(Data, "jobs")));
        _disk.Free();
        using HttpResponseMessage accepted = await PostAsync(node);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
    }

    private static async Task<HttpResponseMessage> PostAsync(ServeProcess node)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs");
        request.Headers.Add("Idempotency-Key", "full");
        request.Content = new ByteArrayContent(
            Safetensors.Zeros(("q", "F32", 4, [16, 8]), ("k", "F32", 4, [16, 8]), ("v", "F32", 4, [16, 8])));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-safetensors");
        return await node.Http.SendAsync(request);
    }

    private static async Task<JsonElement> EndAsync(ServeProcess node, string id, Action? meanwhile = null)
    {
        JsonElement job = default;
        await ServedJob.UntilAsync(async () =>
        {
            meanwhile?.Invoke();
            job = await JobAsync(node, id);
            return job.GetProperty("state").GetString() is not ("queued" or "running");
        });
        return job;
    }

    private static async Task<JsonElement> JobAsync(ServeProcess node, string id) =>
        await node.Http.GetFromJsonAsync<JsonElement>($"/v1/jobs/{id}");

    private static string Hash(JsonElement job) => job.GetProperty("report").GetProperty("output_sha256").GetString()!;

    private string FileOf(string id, string name) => Path.Combine(Data, "jobs", id, name);
}
