using Microsoft.Extensions.Hosting;

namespace AttentionCluster.Server;

/// <summary>A host that lives as long as its owner wants, and listens to no signal.</summary>
internal sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
