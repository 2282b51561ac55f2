using System.Net.Sockets;
using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AttentionCluster.Cluster.Membership;

/// <summary>
/// Makes the actor system, which listens on the cluster address, before Akka's own hosted service does: that one would print the
/// failure on standard output, and not in words.
/// </summary>
internal sealed class ClusterListener(IServiceProvider services, NodeOptions options) : IHostedService
{
    /// <exception cref="IOException">The cluster address can't be listened on.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            services.GetRequiredService<ActorSystem>();
            return Task.CompletedTask;
        }
        catch (Exception problem) when (Cause(problem) is { } cause)
        {
            throw new IOException(
                $"the cluster address {options.ClusterAddress.Host}:{options.ClusterAddress.Port} can't be listened on ({cause.Message}); end what uses it, or choose another", problem);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static SocketException? Cause(Exception? problem) => problem switch
    {
        null => null,
        SocketException cause => cause,
        AggregateException several => several.InnerExceptions.Select(Cause).FirstOrDefault(cause => cause is not null),
        _ => Cause(problem.InnerException),
    };
}
