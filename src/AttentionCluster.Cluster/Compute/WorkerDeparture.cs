using System.Globalization;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using AttentionCluster.Cluster.DataPlane;

namespace AttentionCluster.Cluster.Compute;

/// <summary>
/// What a worker does before it leaves its cluster: it takes no more tasks, finishes those that it has or gives them back, and stays until
/// their partials have been pulled. It is the first phase of Akka's coordinated shutdown, so that everybody still reaches it.
/// </summary>
internal static class WorkerDeparture
{
    private const string Phase = CoordinatedShutdown.PhaseBeforeServiceUnbind;

    /// <summary>
    /// Parts of the time that a leave may take: for tasks to be finished, and for partials to be pulled; the rest is the cluster's.
    /// </summary>
    private const double FinishingShare = 0.5, PullingShare = 0.2;

    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Gives the phase its time.</summary>
    internal static Config Settings(TimeSpan leaveTimeout) => ConfigurationFactory.ParseString(string.Create(
        CultureInfo.InvariantCulture, $"akka.coordinated-shutdown.phases.{Phase}.timeout = {(int)leaveTimeout.TotalMilliseconds}ms"));

    /// <summary>Has it done when the actor system is shut down.</summary>
    internal static void Arrange(ActorSystem system, IActorRef worker, PublishedPayloads published, TimeSpan leaveTimeout,
        TimeProvider clock) =>
        CoordinatedShutdown.Get(system).AddTask(Phase, "worker-departure", async () =>
        {
            await LeaveAsync(worker, published, leaveTimeout, clock).ConfigureAwait(false);
            return Done.Instance;
        });

    private static async Task LeaveAsync(IActorRef worker, PublishedPayloads published, TimeSpan leaveTimeout, TimeProvider clock)
    {
        try
        {
            await worker.Ask<WorkerActor.Left>(WorkerActor.Leave.Instance, FinishingShare * leaveTimeout).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            worker.Tell(WorkerActor.LeaveNow.Instance);
        }

        long start = clock.GetTimestamp();
        while (published.Bytes > 0 && clock.GetElapsedTime(start) < PullingShare * leaveTimeout)
            await Task.Delay(s_lookInterval, clock).ConfigureAwait(false);
    }
}
