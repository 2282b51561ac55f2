using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>A gateway that stands still in the middle of a job, as one does whose machine is paused or swaps, and goes on.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class StoppedGatewayTests : IAsyncLifetime, IDisposable
{
    /// <summary>Longer than the failure detector waits, and shorter than it takes the cluster to remove a node.</summary>
    private static readonly TimeSpan s_still = TimeSpan.FromSeconds(15);

    private readonly TemporaryFolder _folder = new();
    private readonly List<ServeProcess> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (ServeProcess node in _nodes)
            await node.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Its_job_goes_on_with_it_and_no_other_gateway_of_the_store_touches_it_meanwhile()
    {
        Signal.Require(Signal.Stop);
        ServeProcess stopped = await StartAsync("--roles", "gateway");
        string seed = await stopped.ClusterAddressAsync();
        ServeProcess other = await StartAsync("--roles", "gateway", "--seeds", seed);
        await StartAsync("--roles", "worker", "--threads", "1", "--seeds", seed);
        await ServedJob.UntilAsync(() => SeesAllAsync(other));
        using ServedJob job = await ServedJob.BeginAsync(stopped, other);

        stopped.Tell(Signal.Stop);
        string record = await File.ReadAllTextAsync(Record());
        DateTime written = File.GetLastWriteTimeUtc(Result());
        await Task.Delay(s_still);

        Assert.Null(await ServedJob.TasksDoneAsync(other));
        Assert.Equal((record, written), (await File.ReadAllTextAsync(Record()), File.GetLastWriteTimeUtc(Result())));
        stopped.Tell(Signal.Continue);
        JsonElement report = await job.SucceedAsync();

        Assert.Equal(0, report.GetProperty("resumptions").GetInt32());
        Assert.Null(await ServedJob.TasksDoneAsync(other));

        // It took the others for silent when it went on, as they took it; that passes.
        foreach (ServeProcess gateway in new[] { stopped, other })
            await ServedJob.UntilAsync(() => SeesAllAsync(gateway));
        Assert.All(_nodes, node => Assert.False(node.HasExited, node.Error));
    }

    private static async Task<bool> SeesAllAsync(ServeProcess gateway) =>
        (await gateway.ClusterAsync()).GetProperty("nodes").EnumerateArray().Count(ProcessCluster.IsUp) == 3;

    private string Record() => Assert.Single(Directory.GetFiles(_folder.Path, "job.json", SearchOption.AllDirectories));

    private string Result() => Assert.Single(Directory.GetFiles(_folder.Path, "result.safetensors", SearchOption.AllDirectories));

    private async Task<ServeProcess> StartAsync(params string[] arguments)
    {
        ServeProcess node = ServeProcess.Start(_folder, [], arguments);
        _nodes.Add(node);
        await node.WaitForReadyAsync();
        return node;
    }
}
