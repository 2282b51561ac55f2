using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.Client;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>What happens beside a job, or passes, does not end it.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class TroubledGatewayTests : IAsyncLifetime, IDisposable
{
    private const int Removed = 40;

    /// <summary>Some seconds of one thread, with a block to journal several times a second.</summary>
    private static readonly TensorShape s_shape = new(1, 2, 3072, 64);

    /// <summary>Four times as long, so that a test which sees it run can still do something to its node before it ends.</summary>
    private static readonly TensorShape s_longShape = new(1, 2, 6144, 64);

    private static readonly AttentionOptions s_options = new() { Kernel = KernelChoice.Portable, KeysPerSegment = 1024, RowsPerBlock = 64 };

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120), s_pollInterval = TimeSpan.FromMilliseconds(20);

    private readonly TemporaryFolder _folder = new();
    private readonly ServeProcess _node;

    public TroubledGatewayTests() => _node = ServeProcess.Start(
        _folder, [("ATTN__Jobs__JobsRunningMax", "1"), ("ATTN__Jobs__JobsQueuedMax", "100")], "--threads", "1");

    public Task InitializeAsync() => _node.WaitForReadyAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Forty_jobs_that_are_cancelled_and_deleted_at_once_do_not_disturb_the_one_that_runs()
    {
        using var client = new AttentionClient(new Uri(_node.Url));
        string undisturbed = await ResultHashAsync(client, await SubmitAsync(client, s_shape));
        string job = await SubmitAsync(client, s_shape);
        string[] others = [];
        for (int number = 0; number < Removed; number++)
            others = [.. others, await SubmitAsync(client, new TensorShape(1, 1, 16, 16))];

        await Task.WhenAll(others.Select(other => client.CancelAsync(other)));
        await Task.WhenAll(others.Select(other => client.DeleteAsync(other)));

        Assert.Equal(undisturbed, await ResultHashAsync(client, job));
        Assert.DoesNotContain("can't be written", _node.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Used_up_descriptors_are_waited_for_by_a_job_that_is_computed()
    {
        Skip.IfNot(File.Exists("/usr/bin/prlimit"), "the limit of a process is set with prlimit");
        using var client = new AttentionClient(new Uri(_node.Url));
        string undisturbed = await ResultHashAsync(client, await SubmitAsync(client, s_longShape));
        string job = await SubmitAsync(client, s_longShape);
        await UntilAsync(async () => await TasksDoneAsync(job) > 0);

        // Nothing can be opened from here on; what is open goes on. No new connection says how far the job is: the open one does.
        await SetDescriptorsAsync(8);
        await UntilAsync(async () => await TasksDoneAsync(job) == await TasksAsync(job));
        Assert.Equal("running", (await JobAsync(job)).GetProperty("state").GetString());
        await SetDescriptorsAsync(1024);

        Assert.Equal(undisturbed, await ResultHashAsync(client, job));
    }

    private static Task<string> SubmitAsync(AttentionClient client, TensorShape shape) =>
        client.SubmitAsync([.. new[] { "q", "k", "v" }.Select(name => TensorInput.Random(name, shape, 1))], s_options);

    private static async Task<string> ResultHashAsync(AttentionClient client, string job)
    {
        JobDocument ended = await client.WaitAsync(job).WaitAsync(s_patience);
        Assert.Equal((JobState.Succeeded, null), (ended.State, ended.Error?.Code));
        return ended.Report!.OutputSha256!;
    }

    private Task<JsonElement> JobAsync(string job) => _node.Http.GetFromJsonAsync<JsonElement>($"/v1/jobs/{job}");

    private async Task<int> TasksDoneAsync(string job) =>
        (await JobAsync(job)).GetProperty("progress").GetProperty("tasks_done").GetInt32();

    private async Task<int> TasksAsync(string job) => (await JobAsync(job)).GetProperty("progress").GetProperty("tasks").GetInt32();

    private async Task SetDescriptorsAsync(int soft)
    {
        using Process set = Process.Start("/usr/bin/prlimit",
            string.Create(CultureInfo.InvariantCulture, $"--pid {_node.Id} --nofile={soft}:"));
        await set.WaitForExitAsync();
        Assert.Equal(0, set.ExitCode);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (!await condition())
            await Task.Delay(s_pollInterval, limit.Token);
    }
}
