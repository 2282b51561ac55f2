using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.Client;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using AttentionCluster.EndToEnd.Tests.Running;
using Xunit.Abstractions;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>Gateways that die in the middle of a job: it goes on, and has the same bits, and nobody sends it again.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class GatewayDeathTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    /// <summary>128 blocks that take some seconds.</summary>
    private static readonly string[] s_job =
        ["attend", "--random", "1,8:2,8192,128", "--causal", "--kernel", "portable", "--keys-per-segment", "2048", "--rows-per-block",
            "128", "--json"];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryFolder _folder = new();
    private readonly List<ServeProcess> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (ServeProcess node in _nodes)
            await node.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(9)]
    [InlineData(Signal.Terminate)]
    public async Task A_gateway_that_ends_in_the_middle_of_a_job_and_is_started_anew_goes_on_with_it(int signal)
    {
        Signal.Require(signal);
        JsonElement undisturbed = Attn.Run(_folder, s_job).Expect(0).Json;
        ServeProcess gateway = await StartAsync("--roles", "gateway");
        (string url, string cluster) = (gateway.Url, await gateway.ClusterAddressAsync());
        await StartAsync("--roles", "worker", "--threads", "1", "--seeds", cluster);
        using var client = new AttentionClient(new Uri(url));
        using Process attend = Attn.Start(_folder, [], [.. s_job, "--server", url, "-o", "out.safetensors"]);
        await UntilAsync(async () => await TasksDoneAsync(gateway) is > 160);
        string other = await SubmitAsync(client, "a key of its own");

        gateway.Tell(signal);
        await gateway.WaitForExitAsync();
        ServeProcess again = await StartAsync("--roles", "gateway", "--urls", url, "--cluster", cluster);

        var clock = Stopwatch.StartNew();
        int before = await TasksDoneAsync(again) ?? 0;
        await UntilAsync(async () => await TasksDoneAsync(again) > before);
        output.WriteLine($"first progress {clock.Elapsed.TotalSeconds:0.0} s after the node was ready");
        JsonElement report = (await ResultOf(attend)).Expect(0).Json;

        AssertSameBits(undisturbed, report);
        Assert.Equal(1, report.GetProperty("resumptions").GetInt32());
        Assert.InRange(report.GetProperty("tasks_restored").GetInt32(), 1, report.GetProperty("tasks").GetInt32() - 1);
        Assert.Equal(other, await SubmitAsync(client, "a key of its own"));
        Assert.Equal(Core.Api.JobState.Succeeded, (await client.WaitAsync(other)).State);
        Assert.Equal(2, (await client.ListJobsAsync()).Count);
    }

    [Fact]
    public async Task When_a_gateway_dies_another_that_shares_its_store_goes_on_with_its_jobs()
    {
        JsonElement undisturbed = Attn.Run(_folder, s_job).Expect(0).Json;
        ServeProcess first = await StartAsync("--roles", "gateway");
        string seed = await first.ClusterAddressAsync();
        ServeProcess second = await StartAsync("--roles", "gateway", "--seeds", seed);
        await StartAsync("--roles", "worker", "--threads", "1", "--seeds", seed);
        await UntilAsync(async () => (await second.ClusterAsync()).GetProperty("nodes").EnumerateArray().Count(ProcessCluster.IsUp) == 3);
        using Process attend = Attn.Start(_folder, [], [.. s_job, "--server", $"{first.Url},{second.Url}"]);
        await UntilAsync(async () => await TasksDoneAsync(first) is > 160);
        using (var client = new AttentionClient(new Uri(first.Url)))
            await SubmitAsync(client, "a key of its own");
        Assert.Equal(0, (await second.Http.GetFromJsonAsync<JsonElement>("/v1/jobs")).GetProperty("jobs").GetArrayLength());

        var clock = Stopwatch.StartNew();
        first.Kill();
        await UntilAsync(async () => await TasksDoneAsync(second) is not null);
        output.WriteLine($"taken over {clock.Elapsed.TotalSeconds:0.0} s after the kill");
        JsonElement report = (await ResultOf(attend)).Expect(0).Json;

        AssertSameBits(undisturbed, report);
        Assert.Equal(1, report.GetProperty("resumptions").GetInt32());
        Assert.InRange(report.GetProperty("tasks_restored").GetInt32(), 1, report.GetProperty("tasks").GetInt32() - 1);
        using var later = new AttentionClient(new Uri(second.Url));
        Assert.Equal(Core.Api.JobState.Succeeded, (await later.WaitAsync(await SubmitAsync(later, "a key of its own"))).State);
        Assert.Equal(2, (await later.ListJobsAsync()).Count);
    }

    private static void AssertSameBits(JsonElement expected, JsonElement report)
    {
        foreach (string hash in new[] { "output_sha256", "lse_sha256" })
            Assert.Equal(expected.GetProperty(hash).GetString(), report.GetProperty(hash).GetString());
    }

    /// <summary>A small job, the same whenever it is sent.</summary>
    private static Task<string> SubmitAsync(AttentionClient client, string key)
    {
        var shape = new TensorShape(1, 1, 1024, 64);
        return client.SubmitAsync(
            [.. new[] { "q", "k", "v" }.Select(name => TensorInput.Random(name, shape, 1))],
                new AttentionOptions { Kernel = KernelChoice.Reference }, idempotencyKey: key);
    }

    /// <summary>Of the first job; null while there is none.</summary>
    private static async Task<int?> TasksDoneAsync(ServeProcess gateway)
    {
        JsonElement jobs = (await gateway.Http.GetFromJsonAsync<JsonElement>("/v1/jobs")).GetProperty("jobs");
        return jobs.GetArrayLength() == 0 ? null : jobs[0].GetProperty("progress").GetProperty("tasks_done").GetInt32();
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (!await condition())
            await Task.Delay(s_pollInterval, limit.Token);
    }

    private static async Task<AttnResult> ResultOf(Process attend)
    {
        Task<string> written = attend.StandardOutput.ReadToEndAsync();
        Task<string> error = attend.StandardError.ReadToEndAsync();
        await attend.WaitForExitAsync().WaitAsync(s_patience);
        return new AttnResult(attend.ExitCode, await written, await error);
    }

    private async Task<ServeProcess> StartAsync(params string[] arguments)
    {
        ServeProcess node = ServeProcess.Start(_folder, [], arguments);
        _nodes.Add(node);
        await node.WaitForReadyAsync();
        return node;
    }
}
