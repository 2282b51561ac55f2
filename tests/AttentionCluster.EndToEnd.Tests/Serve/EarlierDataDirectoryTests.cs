using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>A newer version reads what older ones have left: results stay, jobs go on, keys are known.</summary>
[Collection(ProcessesCollection.Name)]
public sealed partial class EarlierDataDirectoryTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Versions =>
        [.. Directory.GetDirectories(Path.Combine(Repository.Root, "tests", "data-directories")).Select(folder => Path.GetFileName(folder)!)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_gateway_goes_on_with_the_data_directory_of_an_earlier_version(string version)
    {
        string from = Path.Combine(Repository.Root, "tests", "data-directories", version);
        JsonElement expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(from, "expected.json"))).RootElement;
        Copy(Path.Combine(from, "data"), _folder.File("attn-data"));
        byte[] finishedInput = File.ReadAllBytes(Path.Combine(from, "finished.safetensors"));
        byte[] interruptedInput = File.ReadAllBytes(JobFile(expected.GetProperty("interrupted"), "input.safetensors"));
        Redate(expected.GetProperty("finished"));
        Redate(expected.GetProperty("cancelled"));

        await using ServeProcess node = ServeProcess.Start(_folder, [("ATTN__Jobs__ResultAgeMax", "365d")], "--threads", "2");
        await node.WaitForReadyAsync();

        Assert.Equal("cancelled", await StateAsync(node, expected.GetProperty("cancelled")));
        await AssertResultAsync(node, expected.GetProperty("finished"));
        Assert.Equal(Id(expected.GetProperty("finished")), await SubmitAsync(node, expected.GetProperty("finished"), finishedInput));
        Assert.Equal(Id(expected.GetProperty("interrupted")), await SubmitAsync(node, expected.GetProperty("interrupted"), interruptedInput));
        JsonElement interrupted = await ReportAsync(node, expected.GetProperty("interrupted"));
        Assert.Equal(1, interrupted.GetProperty("resumptions").GetInt32());
        Assert.InRange(interrupted.GetProperty("tasks_restored").GetInt32(), 1, interrupted.GetProperty("tasks").GetInt32() - 1);
        await ReportAsync(node, expected.GetProperty("waiting"));
        Assert.Equal(4, (await node.Http.GetFromJsonAsync<JsonElement>("/v1/jobs")).GetProperty("jobs").GetArrayLength());
    }

    private static string Id(JsonElement job) => job.GetProperty("id").GetString()!;

    private static async Task<string> StateAsync(ServeProcess node, JsonElement job) =>
        (await node.Http.GetFromJsonAsync<JsonElement>($"/v1/jobs/{Id(job)}")).GetProperty("state").GetString()!;

    /// <summary>Byte for byte what was there, under the name that was told then.</summary>
    private static async Task AssertResultAsync(ServeProcess node, JsonElement job)
    {
        string sha256 = job.GetProperty("file_sha256").GetString()!;
        using HttpResponseMessage answer = await node.Http.GetAsync(new Uri($"/v1/jobs/{Id(job)}/result", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal($"\"{sha256}\"", answer.Headers.ETag!.Tag);
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(await answer.Content.ReadAsByteArrayAsync())));
    }

    /// <summary>Of a job that ends, with the right bits.</summary>
    private static async Task<JsonElement> ReportAsync(ServeProcess node, JsonElement job)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (await StateAsync(node, job) is "queued" or "running")
            await Task.Delay(s_betweenLooks, limit.Token);
        JsonElement ended = await node.Http.GetFromJsonAsync<JsonElement>($"/v1/jobs/{Id(job)}");
        Assert.True(ended.GetProperty("state").GetString() == "succeeded", ended.ToString());
        JsonElement report = ended.GetProperty("report");
        foreach (string hash in new[] { "output_sha256", "lse_sha256" })
            Assert.Equal(job.GetProperty(hash).GetString(), report.GetProperty(hash).GetString());
        return report;
    }

    private static async Task<string> SubmitAsync(ServeProcess node, JsonElement job, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/jobs?{job.GetProperty("query").GetString()}") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-safetensors");
        request.Headers.Add("Idempotency-Key", job.GetProperty("key").GetString());
        using HttpResponseMessage answer = await node.Http.SendAsync(request);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>Results are kept for a year at most, and these must be found for longer: their jobs end today, and nothing else of them changes.</summary>
    private void Redate(JsonElement job)
    {
        string path = JobFile(job, "job.json");
        string text = File.ReadAllText(path);
        string record = text[(text.IndexOf("\"job\":", StringComparison.Ordinal) + 6)..^1];
        string redated = Dates().Replace(record, $"\"$1\":\"{DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture)}\"");
        string Hash(string json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
        Assert.Contains(Hash(record), text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(record, redated, StringComparison.Ordinal).Replace(Hash(record), Hash(redated), StringComparison.Ordinal));
    }

    private string JobFile(JsonElement job, string name) => Path.Combine(_folder.File("attn-data"), "jobs", Id(job), name);

    [GeneratedRegex("\"(created|ended)\":\"[^\"]*\"")]
    private static partial Regex Dates();
}
