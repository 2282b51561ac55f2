using Akka.Actor;
using AttentionCluster.Cluster.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>The actor system as the product starts it.</summary>
public sealed class ProductSystem : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly IHost _host;

    /// <summary>Builds the host, as a node does.</summary>
    public ProductSystem()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        builder.Services.AddAttentionCluster(new NodeOptions { DataDirectory = _folder.Path, Threads = 1 });
        _host = builder.Build();
    }

    internal ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    public Task InitializeAsync() => _host.StartAsync();

    public Task DisposeAsync() => _host.StopAsync();

    public void Dispose()
    {
        _host.Dispose();
        _folder.Dispose();
    }
}
