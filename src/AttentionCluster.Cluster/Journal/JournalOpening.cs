using Microsoft.Extensions.Hosting;

namespace AttentionCluster.Cluster.Journal;

/// <summary>Tries the journal before Akka uses it: a node that can't keep jobs must not take any.</summary>
internal sealed class JournalOpening(JournalDatabase database) : IHostedService
{
    /// <exception cref="IOException">The journal can't be opened.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        database.Open();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
