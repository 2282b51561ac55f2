using System.Diagnostics;
using System.Text.Json;
using AttentionCluster.Client;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>Jobs through the HTTP interface of real nodes, each a process of its own, by every kind of client.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class ServedJobTests : IAsyncLifetime, IDisposable
{
    private static readonly string s_examples = Path.Combine(Repository.Root, "src", "AttentionCluster.Client", "examples");

    /// <summary>Two KV heads with four segments each, so that there is something to merge.</summary>
    private static readonly string[] s_job =
        ["attend", "--random", "1,4:2,3000,64", "--causal", "--keys-per-segment", "800", "--rows-per-block", "100", "--verify", "8",
            "--json"];

    private readonly TemporaryFolder _folder = new();
    private ProcessCluster? _cluster;

    private ProcessCluster Cluster => _cluster!;

    public async Task InitializeAsync() => _cluster = await ProcessCluster.StartAsync(workers: 1);

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_bits_are_those_of_the_embedded_node_for_every_number_of_workers_and_one_may_die()
    {
        JsonElement embedded = Attn.Run(_folder, s_job).Expect(0).Json;
        for (int workers = 1; workers <= 3; workers++)
        {
            await KnowsWorkersAsync(workers);
            JsonElement report =
                Attn.Run(_folder, [.. s_job, "--server", Cluster.Gateway.Url, "-o", $"{workers}.safetensors"]).Expect(0).Json;
            AssertSameBits(embedded, report);
            Assert.Equal(workers, report.GetProperty("workers").GetArrayLength());
            if (workers < 3)
                await Cluster.AddAsync();
        }

        Assert.Equal(File.ReadAllBytes(_folder.File("1.safetensors"))[..4096], File.ReadAllBytes(_folder.File("3.safetensors"))[..4096]);
        Cluster.Workers[0].Kill();
        AssertSameBits(embedded, Attn.Run(_folder, [.. s_job, "--server", Cluster.Gateway.Url]).Expect(0).Json);
    }

    [SkippableTheory]
    [InlineData("python3", "attend.py")]
    [InlineData("bash", "attend.sh")]
    public void An_example_sends_a_job_and_brings_its_result(string interpreter, string script)
    {
        Skip.IfNot(IsThere(interpreter) && (interpreter != "bash" || IsThere("curl")), $"{interpreter} or curl is not on the path");

        (int exitCode, string output) = Run(interpreter, Path.Combine(s_examples, script), Cluster.Gateway.Url);

        Assert.True(exitCode == 0, output);
        Assert.Contains("\"ok\": true".Replace(" ", "", StringComparison.Ordinal), output.Replace(" ", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.True(new FileInfo(_folder.File("out.safetensors")).Length > 256 * 16 * sizeof(float));
    }

    [Fact]
    public async Task The_client_sees_jobs_and_the_cluster_and_jobs_can_be_removed()
    {
        using var client = new AttentionClient(new Uri(Cluster.Gateway.Url));
        string id = Attn.Run(_folder, ["attend", "--random", "1,1,300,16", "--json", "--server", Cluster.Gateway.Url])
            .Expect(0).Json.GetProperty("id").GetString()!;

        Assert.Contains(await client.ListJobsAsync(), job => job.Id == id);
        Assert.Equal(2, (await client.GetClusterAsync()).Nodes.Count);
        Attn.Run(_folder, "jobs", id, "--server", Cluster.Gateway.Url).Expect(0);
        Attn.Run(_folder, "status", "--server", Cluster.Gateway.Url).Expect(0);
        await client.DeleteAsync(id);
        Assert.DoesNotContain(await client.ListJobsAsync(), job => job.Id == id);
        Assert.Empty(Directory.GetFiles(Cluster.Folder.Path, "result.safetensors", SearchOption.AllDirectories));
    }

    private static void AssertSameBits(JsonElement expected, JsonElement report)
    {
        foreach (string hash in new[] { "output_sha256", "lse_sha256" })
            Assert.Equal(expected.GetProperty(hash).GetString(), report.GetProperty(hash).GetString());
        Assert.True(report.GetProperty("verify").GetProperty("ok").GetBoolean());
    }

    private Task KnowsWorkersAsync(int count) =>
        Cluster.WaitForAsync(nodes => nodes.Count(node => node.GetProperty("worker").ValueKind == JsonValueKind.Object) == count);

    private bool IsThere(string program)
    {
        try
        {
            return Run(program, "--version").ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}
