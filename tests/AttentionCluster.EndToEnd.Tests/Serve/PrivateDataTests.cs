using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>
/// Nothing in a data directory is for other users of the machine: not what a node makes there, and not what an older version has made.
/// </summary>
[Collection(ProcessesCollection.Name)]
public sealed class PrivateDataTests : IDisposable
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode Readable = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task What_a_node_makes_while_it_computes_is_for_its_user_alone()
    {
        RequireReadableByDefault();
        await using ServeProcess node = ServeProcess.Start(_folder, [], "--threads", "1");
        await node.WaitForReadyAsync();

        using ServedJob job = await ServedJob.BeginAsync(node);

        string[] seen = AssertPrivate();
        foreach (string name in new[] { "cluster-secret", "cluster-id", "store.json", "journal.db", "journal.db-wal", "input.safetensors",
            "job.json", "result.safetensors" })
            Assert.Contains(name, seen.Select(path => Path.GetFileName(path)));
        Assert.Contains(seen, path => path.EndsWith(".lock", StringComparison.Ordinal));
        Assert.DoesNotContain("other users", node.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task What_an_older_version_let_others_read_is_taken_from_them()
    {
        RequireReadableByDefault();
        string from = Path.Combine(Repository.Root, "tests", "data-directories", "0.1.0", "data");
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(_folder.File("attn-data"), Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllBytes(copy, File.ReadAllBytes(file));
        }

        await using ServeProcess node = ServeProcess.Start(_folder, [("ATTN__Jobs__ResultAgeMax", "365d")], "--roles", "gateway");
        await node.WaitForReadyAsync();

        Assert.Contains("job.json", AssertPrivate().Select(path => Path.GetFileName(path)));
        Assert.DoesNotContain("other users", node.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_folder_that_holds_what_is_not_a_nodes_stays_as_it_is_and_what_is_a_nodes_is_private()
    {
        RequireReadableByDefault();
        Directory.CreateDirectory(_folder.File("attn-data"));
        File.WriteAllText(_folder.File("attn-data/letter"), "to whom it may concern");

        await using ServeProcess node = ServeProcess.Start(_folder, []);
        await node.WaitForReadyAsync();
        await node.WaitForErrorAsync("letter");

        string[] open = [.. Entries().Where(path => (ModeOf(path) & Others) != 0)];
        Assert.Equal([_folder.File("attn-data"), _folder.File("attn-data/letter")], open.Order(StringComparer.Ordinal));
    }

    /// <summary>A locked input is one that can't be opened now; descriptors that are used up can't be arranged for one file.</summary>
    [SkippableFact]
    public async Task A_job_whose_input_can_not_be_opened_when_it_is_taken_over_goes_on_when_it_can()
    {
        Skip.If(OperatingSystem.IsWindows(), "files are locked otherwise");
        string id;
        await using (ServeProcess first = ServeProcess.Start(_folder, [], "--roles", "gateway"))
        {
            await first.WaitForReadyAsync();
            id = await SubmitAsync(first);
            first.Kill();
            await first.WaitForExitAsync();
        }

        await using ServeProcess next = ServeProcess.Start(_folder, []);
        string input = Assert.Single(Directory.GetFiles(_folder.File("attn-data"), "input.safetensors", SearchOption.AllDirectories));
        await using (new FileStream(input, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            await next.WaitForReadyAsync();
            await next.WaitForErrorAsync($"Job {id} of a gateway that is no more can't be taken over now");
            Assert.True(File.Exists(input));
        }

        await ServedJob.UntilAsync(async () =>
        {
            using HttpResponseMessage answer = await next.Http.GetAsync(new Uri($"/v1/jobs/{id}", UriKind.Relative));
            string text = await answer.Content.ReadAsStringAsync();
            Assert.DoesNotContain("\"failed\"", text, StringComparison.Ordinal);
            return text.Contains("\"succeeded\"", StringComparison.Ordinal);
        });
    }

    private static async Task<string> SubmitAsync(ServeProcess gateway)
    {
        byte[] body = File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "data-directories", "0.1.0", "finished.safetensors"));
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/x-safetensors");
        using HttpResponseMessage answer = await gateway.Http.PostAsync(new Uri("/v1/jobs", UriKind.Relative), content);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);

    private string[] Entries() =>
        [_folder.File("attn-data"), .. Directory.GetFileSystemEntries(_folder.File("attn-data"), "*", SearchOption.AllDirectories)];

    /// <returns>What was looked at.</returns>
    private string[] AssertPrivate()
    {
        string[] entries = Entries();
        Assert.DoesNotContain(entries, path => Path.Exists(path) && (ModeOf(path) & Others) != 0);
        return entries;
    }

    /// <summary>Where whatever is made is private anyway, these tests would show nothing.</summary>
    private void RequireReadableByDefault()
    {
        Skip.If(OperatingSystem.IsWindows(), "there are no modes");
        File.WriteAllText(_folder.File("mode"), "");
        Skip.If((ModeOf(_folder.File("mode")) & Readable) == 0, "the umask makes everything private");
    }
}
