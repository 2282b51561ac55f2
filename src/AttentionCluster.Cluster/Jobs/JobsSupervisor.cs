using Akka.Actor;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// The parent of all coordinators of a gateway. A coordinator that fails is stopped, not restarted: it tells its job's owner as
/// it stops, and a fresh one would know nothing of what is under way.
/// </summary>
internal sealed class JobsSupervisor : ReceiveActor
{
    public JobsSupervisor(IActorRef segments)
    {
        Receive<Start>(start => Context.ActorOf(
            Props.Create(() => new JobCoordinator(start.Run, segments)), start.Run.Request.Id));
        Receive<Cancel>(cancel => Context.Child(cancel.Job).Tell(JobCoordinator.Cancel.Instance));
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <summary>Starts the coordinator of a job.</summary>
    internal sealed record Start(JobRun Run) : INoSerializationVerificationNeeded;

    /// <summary>Cancels a job; one that has ended is left alone.</summary>
    internal sealed record Cancel(string Job) : INoSerializationVerificationNeeded;
}
