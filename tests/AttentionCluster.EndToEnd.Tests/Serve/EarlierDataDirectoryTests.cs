using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using AttentionCluster.EndToEnd.Tests.Running;
using Microsoft.Data.Sqlite;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>A newer version reads what older ones have left: results stay, jobs go on, keys are known.</summary>
[Collection(ProcessesCollection.Name)]
public sealed partial class EarlierDataDirectoryTests : IDisposable
{
    /// <summary>Numbers of fields of the event with which a job begins: what its bits are, and the version of the event.</summary>
    private const int BitsField = 100, FormatField = 101;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Versions =>
        [.. Directory.GetDirectories(Path.Combine(Repository.Root, "tests", "data-directories"))
            .Select(folder => Path.GetFileName(folder)!)];

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
        Assert.Equal(Id(expected.GetProperty("interrupted")),
            await SubmitAsync(node, expected.GetProperty("interrupted"), interruptedInput));

        // Rows of it were computed by bit contract 1.
        JsonElement interrupted = await EndOfAsync(node, expected.GetProperty("interrupted"));
        Assert.Equal("failed", interrupted.GetProperty("state").GetString());
        Assert.Equal("bit-contract-differs", interrupted.GetProperty("error").GetProperty("code").GetString());
        await ReportAsync(node, expected.GetProperty("waiting"));
        Assert.Equal(4, (await node.Http.GetFromJsonAsync<JsonElement>("/v1/jobs")).GetProperty("jobs").GetArrayLength());
    }

    [Theory]
    [InlineData(BitsField, "bit-contract-differs")]
    [InlineData(FormatField, "journal-of-newer-version")]
    public async Task A_job_that_was_begun_by_other_bits_or_a_newer_version_is_refused_by_name(int field, string code)
    {
        string from = Path.Combine(Repository.Root, "tests", "data-directories", "0.1.0");
        JsonElement job = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(from, "expected.json"))).RootElement.GetProperty("interrupted");
        Copy(Path.Combine(from, "data"), _folder.File("attn-data"));
        SetInJournal(Id(job), field, 99);

        await using (ServeProcess node = ServeProcess.Start(_folder, [], "--threads", "1"))
        {
            await node.WaitForReadyAsync();
            JsonElement ended = await EndOfAsync(node, job);

            Assert.Equal("failed", ended.GetProperty("state").GetString());
            Assert.Equal(code, ended.GetProperty("error").GetProperty("code").GetString());
        }

        // What a newer version has begun is only left to it.
        bool isLeft = field == FormatField;
        Assert.Equal(isLeft, File.Exists(JobFile(job, "input.safetensors")));
        Assert.Equal(isLeft, File.Exists(JobFile(job, "result.safetensors")));
        Assert.Equal(!isLeft, File.ReadAllText(JobFile(job, "job.json")).Contains("\"failed\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_data_directory_of_a_newer_version_is_refused_by_name_and_nothing_in_it_changes()
    {
        Copy(Path.Combine(Repository.Root, "tests", "data-directories", "0.1.0", "data"), _folder.File("attn-data"));
        _folder.Write(Path.Combine("attn-data", "store.json"), Encoding.UTF8.GetBytes("""{"format":99,"written_by":"9.9.9"}"""));
        string before = Fingerprint(_folder.File("attn-data"));

        await using ServeProcess node = ServeProcess.Start(_folder, []);
        AttnResult result = await node.WaitForExitAsync();

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("has been written by version 9.9.9 (store format 99)", result.Error, StringComparison.Ordinal);
        Assert.Contains("start version 9.9.9", result.Error, StringComparison.Ordinal);
        Assert.Equal(before, Fingerprint(_folder.File("attn-data")));
    }

    private static string Fingerprint(string folder) => string.Join('\n', Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal).Select(file => $"{file} {File.GetLastWriteTimeUtc(file):O} "
            + $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}"));

    /// <summary>Adds a number to the event with which a job was begun, as another build would have written it.</summary>
    private void SetInJournal(string job, int field, byte value)
    {
        using var journal = new SqliteConnection($"Data Source={Path.Combine(_folder.File("attn-data"), "journal.db")};Pooling=False");
        journal.Open();
        using SqliteCommand command = journal.CreateCommand();
        command.CommandText = "UPDATE journal SET message = CAST(message || @more AS BLOB) WHERE persistence_id = @job AND manifest = "
            + "'job-begun'";

        // In protobuf: the field's number with the type of a varint, as a varint, and then the value.
        int tag = field << 3;
        command.Parameters.AddWithValue("more", new byte[] { (byte)(tag | 0x80), (byte)(tag >> 7), value });
        command.Parameters.AddWithValue("job", job);
        Assert.Equal(1, command.ExecuteNonQuery());
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

    private static async Task<JsonElement> EndOfAsync(ServeProcess node, JsonElement job)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (await StateAsync(node, job) is "queued" or "running")
            await Task.Delay(s_pollInterval, limit.Token);
        return await node.Http.GetFromJsonAsync<JsonElement>($"/v1/jobs/{Id(job)}");
    }

    /// <summary>Of a job that ends, with the right bits.</summary>
    private static async Task<JsonElement> ReportAsync(ServeProcess node, JsonElement job)
    {
        JsonElement ended = await EndOfAsync(node, job);
        Assert.True(ended.GetProperty("state").GetString() == "succeeded", ended.ToString());
        JsonElement report = ended.GetProperty("report");
        foreach (string hash in new[] { "output_sha256", "lse_sha256" })
            Assert.Equal(job.GetProperty(hash).GetString(), report.GetProperty(hash).GetString());
        return report;
    }

    private static async Task<string> SubmitAsync(ServeProcess node, JsonElement job, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            $"/v1/jobs?{job.GetProperty("query").GetString()}")
        { Content = new ByteArrayContent(body) };
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

    /// <summary>
    /// Results are kept for a year at most, and these must be found for longer: their jobs end today, and nothing else of them changes.
    /// </summary>
    private void Redate(JsonElement job)
    {
        string path = JobFile(job, "job.json");
        string text = File.ReadAllText(path);
        string record = text[(text.IndexOf("\"job\":", StringComparison.Ordinal) + 6)..^1];
        string redated = Dates().Replace(record, $"\"$1\":\"{DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture)}\"");
        string Hash(string json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
        Assert.Contains(Hash(record), text, StringComparison.Ordinal);
        File.WriteAllText(path,
            text.Replace(record, redated, StringComparison.Ordinal).Replace(Hash(record), Hash(redated), StringComparison.Ordinal));
    }

    private string JobFile(JsonElement job, string name) => Path.Combine(_folder.File("attn-data"), "jobs", Id(job), name);

    [GeneratedRegex("\"(created|ended)\":\"[^\"]*\"")]
    private static partial Regex Dates();
}
