using AttentionCluster.Client.Tests.Fake;

namespace AttentionCluster.Client.Tests;

/// <summary>The server that stands in for a gateway keeps the contract that the fault tests build on.</summary>
public sealed class FakeServerTests : ClientContract, IAsyncLifetime
{
    private FakeServer? _server;

    protected override Uri Server => _server!.Address;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync();

    public async Task DisposeAsync() => await _server!.DisposeAsync();
}
