using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>Two clusters stay two, whoever has which address.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class ClusterIdTests : IAsyncLifetime, IDisposable
{
    /// <summary>Both clusters have the same secret, as where somebody has copied a configuration: it does not keep them apart.</summary>
    private static readonly (string Name, string Value)[] s_secret = [("ATTN__Security__Secret", "0123456789abcdef0123456789abcdef")];

    private readonly TemporaryFolder _folder = new();
    private readonly List<ServeProcess> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (ServeProcess node in _nodes)
            await node.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_seed_that_is_started_anew_does_not_join_the_cluster_that_has_the_addresses_of_its_nodes_by_now()
    {
        ServeProcess gateway = await StartAsync("a", "gateway");
        string seed = await gateway.ClusterAddressAsync();
        ServeProcess worker = await StartAsync("a-worker", "worker", "--seeds", seed);
        string reused = await worker.ClusterAddressAsync();
        await ServedJob.UntilAsync(async () =>
            (await File.ReadAllTextAsync(_folder.File("a/cluster-nodes"))).Contains(reused, StringComparison.Ordinal));
        foreach (ServeProcess node in _nodes)
            node.Kill();
        foreach (ServeProcess node in _nodes)
            await node.WaitForExitAsync();

        ServeProcess other = await StartAsync("b", "gateway", "--cluster", reused);
        ServeProcess again = await StartAsync("a", "gateway", "--cluster", seed);

        Assert.Equal(seed, Assert.Single((await again.ClusterAsync()).GetProperty("nodes").EnumerateArray()).GetProperty("address")
            .GetString());
        Assert.Equal(reused,
            Assert.Single((await other.ClusterAsync()).GetProperty("nodes").EnumerateArray()).GetProperty("address").GetString());
        await again.WaitForErrorAsync($"the node at {reused}, which was of this cluster, is of another cluster ({IdOf("b")}) than this "
            + $"node ({IdOf("a")})");
    }

    [Fact]
    public async Task A_worker_of_another_cluster_is_told_what_to_do_and_moves_when_that_is_done()
    {
        string first = await (await StartAsync("a", "gateway")).ClusterAddressAsync();
        ServeProcess second = await StartAsync("b", "gateway");
        string seed = await second.ClusterAddressAsync();
        ServeProcess worker = await StartAsync("worker", "worker", "--seeds", first);
        worker.Kill();
        await worker.WaitForExitAsync();

        ServeProcess moved =
            ServeProcess.Start(_folder, s_secret, "--roles", "worker", "--threads", "1", "--data", "worker", "--seeds", seed);
        _nodes.Add(moved);
        string error = (await moved.WaitForExitAsync()).Expect(3).Error;
        Assert.Contains($"the node at {seed} is of another cluster ({IdOf("b")})", error, StringComparison.Ordinal);
        Assert.Contains("cluster-id", error, StringComparison.Ordinal);
        Assert.Single((await second.ClusterAsync()).GetProperty("nodes").EnumerateArray());

        File.Delete(_folder.File("worker/cluster-id"));
        await StartAsync("worker", "worker", "--seeds", seed);
        Assert.Equal(IdOf("b"), IdOf("worker"));
    }

    private string IdOf(string directory) => File.ReadAllText(_folder.File($"{directory}/cluster-id"));

    private async Task<ServeProcess> StartAsync(string directory, string role, params string[] arguments)
    {
        ServeProcess node = ServeProcess.Start(_folder, s_secret, ["--roles", role, "--threads", "1", "--data", directory, .. arguments]);
        _nodes.Add(node);
        await node.WaitForReadyAsync();
        return node;
    }
}
