using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>What befalls worker processes while a job runs: the bits stay the same, and the report says what it cost.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class MisfortuneTests : IAsyncLifetime, IDisposable
{
    /// <summary>Some thousand tasks, so that there is time for something to happen in the middle.</summary>
    private static readonly string[] s_job =
        ["attend", "--random", "1,4:2,12000,64", "--causal", "--keys-per-segment", "500", "--rows-per-block", "250", "--json"];

    private readonly TemporaryFolder _folder = new();
    private ProcessCluster? _cluster;

    private ProcessCluster Cluster => _cluster!;

    private string[] Job => [.. s_job, "--server", Cluster.Gateway.Url];

    public async Task InitializeAsync() => _cluster = await ProcessCluster.StartAsync(workers: 2);

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Workers_that_stand_still_die_or_are_drained_cost_no_bit()
    {
        Signal.Require(Signal.Stop);
        string expected = Attn.Run(_folder, Job).Expect(0).Json.GetProperty("output_sha256").GetString()!;

        Task<AttnResult> stopped = Task.Run(() => Attn.Run(_folder, Job));
        await RunsAsync();
        Cluster.Workers[0].Tell(Signal.Stop);
        Assert.Equal(expected, Hash(await stopped));
        Cluster.Workers[0].Tell(Signal.Continue);

        Task<AttnResult> killed = Task.Run(() => Attn.Run(_folder, Job));
        await RunsAsync();
        Cluster.Workers[0].Kill();
        Assert.Equal(expected, Hash(await killed));

        await Cluster.AddAsync();
        string name = await NameOfAsync(Cluster.Workers[1]);
        Task<AttnResult> drained = Task.Run(() => Attn.Run(_folder, Job));
        await RunsAsync();
        Assert.Contains($"{name} leaves the cluster", Attn.Run(_folder, "drain", name, "--server", Cluster.Gateway.Url).Expect(0).Output, StringComparison.Ordinal);
        Assert.Empty((await Cluster.Workers[1].WaitForExitAsync()).Expect(0).Error);
        Assert.Equal(expected, Hash(await drained));
        Assert.Equal(0, (await drained).Json.GetProperty("workers_lost").GetArrayLength());
    }

    [Fact]
    public async Task A_node_that_there_is_not_can_not_be_drained()
    {
        string[] names = [await NameOfAsync(Cluster.Workers[0]), await NameOfAsync(Cluster.Workers[1])];

        AttnResult result = Attn.Run(_folder, "drain", "nobody", "--server", Cluster.Gateway.Url).Expect(2);

        Assert.All(names, name => Assert.Contains(name, result.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_node_of_a_name_ends_with_the_reason()
    {
        string name = await NameOfAsync(Cluster.Workers[0]);
        await using ServeProcess second = ServeProcess.Start(
            Cluster.Folder, [("ATTN__Node__Name", name)], "--roles", "worker", "--threads", "1", "--seeds", await Cluster.Gateway.ClusterAddressAsync());

        AttnResult end = (await second.WaitForExitAsync()).Expect(3);

        Assert.Contains($"attn: the name {name} is taken by the node at ", end.Error, StringComparison.Ordinal);
    }

    private static string Hash(AttnResult result) => result.Expect(0).Json.GetProperty("output_sha256").GetString()!;

    private async Task<string> NameOfAsync(ServeProcess node)
    {
        string address = await node.ClusterAddressAsync();
        return (await Cluster.Gateway.ClusterAsync()).GetProperty("nodes").EnumerateArray()
            .Single(other => other.GetProperty("address").GetString() == address).GetProperty("name").GetString()!;
    }

    /// <summary>Waits until a job has done some of its tasks.</summary>
    private async Task RunsAsync()
    {
        while (!(await JobsAsync()).Any(job => job.GetProperty("state").GetString() == "running" && job.GetProperty("progress").GetProperty("tasks_done").GetInt32() > 10))
            await Task.Delay(20);
    }

    private async Task<JsonElement[]> JobsAsync()
    {
        using JsonDocument jobs = JsonDocument.Parse(await Cluster.Gateway.Http.GetStringAsync("/v1/jobs"));
        return [.. jobs.RootElement.Clone().GetProperty("jobs").EnumerateArray()];
    }
}
