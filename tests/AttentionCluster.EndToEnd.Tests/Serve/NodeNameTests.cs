using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>Names of nodes: whom they drain, and that each is one node's alone.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class NodeNameTests : IAsyncLifetime, IDisposable
{
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
            Cluster.Folder, [("ATTN__Node__Name", name)], "--roles", "worker", "--threads", "1", "--seeds",
                await Cluster.Gateway.ClusterAddressAsync());

        AttnResult end = (await second.WaitForExitAsync()).Expect(3);

        Assert.Contains($"attn: the name {name} is taken by the node at ", end.Error, StringComparison.Ordinal);
    }

    private async Task<string> NameOfAsync(ServeProcess node)
    {
        string address = await node.ClusterAddressAsync();
        return (await Cluster.Gateway.ClusterAsync()).GetProperty("nodes").EnumerateArray()
            .Single(other => other.GetProperty("address").GetString() == address).GetProperty("name").GetString()!;
    }
}
