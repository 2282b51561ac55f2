using System.Diagnostics;
using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary><c>attn drain</c> of a worker in the middle of a job.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class DrainTests : IAsyncLifetime, IDisposable
{
    /// <summary>The command asks three times, for 5 s each; a busy test machine gets more.</summary>
    private static readonly TimeSpan s_toldWithin = TimeSpan.FromSeconds(40);

    private readonly TemporaryFolder _folder = new();
    private ProcessCluster? _cluster;

    private ProcessCluster Cluster => _cluster!;

    public async Task InitializeAsync() => _cluster = await ProcessCluster.StartAsync(workers: 2);

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_worker_ends_with_0_and_the_job_misses_nothing()
    {
        ServeProcess drained = Cluster.Workers[0];
        string name = await NameOfAsync(drained);
        using ServedJob job = await ServedJob.BeginAsync(Cluster.Gateway);

        Assert.Contains($"{name} leaves the cluster", Drain(name).Expect(0).Output, StringComparison.Ordinal);
        AttnResult end = (await drained.WaitForExitAsync()).Expect(0);
        JsonElement report = await job.SucceedAsync();

        Assert.Equal(0, report.GetProperty("workers_lost").GetArrayLength());
        Assert.Equal(["", "", ""], new[] { end.Error, Cluster.Workers[1].Error, Cluster.Gateway.Error });
    }

    [SkippableFact]
    public async Task A_worker_that_stands_still_is_said_to_and_leaves_when_it_goes_on()
    {
        Signal.Require(Signal.Stop);
        ServeProcess stopped = Cluster.Workers[0];
        string name = await NameOfAsync(stopped);
        using ServedJob job = await ServedJob.BeginAsync(Cluster.Gateway);
        stopped.Tell(Signal.Stop);

        var clock = Stopwatch.StartNew();
        AttnResult told = Drain(name);
        TimeSpan took = clock.Elapsed;
        stopped.Tell(Signal.Continue);

        Assert.Contains("did not answer", told.Expect(3).Error, StringComparison.Ordinal);
        Assert.True(took < s_toldWithin, $"it took {took}");
        (await stopped.WaitForExitAsync()).Expect(0);
        await job.SucceedAsync();
    }

    private AttnResult Drain(string name) => Attn.Run(_folder, "drain", name, "--server", Cluster.Gateway.Url);

    private async Task<string> NameOfAsync(ServeProcess node)
    {
        string address = await node.ClusterAddressAsync();
        return (await Cluster.Gateway.ClusterAsync()).GetProperty("nodes").EnumerateArray()
            .Single(other => other.GetProperty("address").GetString() == address).GetProperty("name").GetString()!;
    }
}
