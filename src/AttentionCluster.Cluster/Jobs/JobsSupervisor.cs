using Akka.Actor;
using AttentionCluster.Core;
using AttentionCluster.Core.Reports;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// The parent of all coordinators of a gateway. A coordinator that fails is stopped, not restarted: it tells its job's owner as
/// it stops, and a fresh one would know nothing of what is under way.
/// </summary>
internal sealed class JobsSupervisor : ReceiveActor
{
    /// <summary>A supervisor without jobs.</summary>
    /// <param name="segments">The shard region of the segment entities, or what sends to it.</param>
    /// <param name="roster">Knows the workers.</param>
    public JobsSupervisor(IActorRef segments, IActorRef roster)
    {
        Receive<Start>(start => Begin(start.Run, segments, roster));
        Receive<Cancel>(cancel => Context.Child(cancel.Job).Tell(JobCoordinator.Cancel.Instance));
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <summary>A name that is taken would be an exception here, which would stop every other job.</summary>
    private static void Begin(JobRun run, IActorRef segments, IActorRef roster)
    {
        string id = run.Request.Id;
        if (Context.Child(id).IsNobody())
        {
            Context.ActorOf(Props.Create(() => new JobCoordinator(run, segments, roster)), id);
        }
        else
        {
            run.End.TrySetResult(IdInUse(id));
        }
    }

    /// <summary>The end of a job that has the id of one that is being coordinated.</summary>
    internal static JobEnd IdInUse(string id) => new(
        JobState.Failed, new Refusal("job-id-in-use", $"a job {id} has not ended yet; wait for its end, or choose another id"), JobTally.Nothing, IsIdle: true);

    /// <summary>Starts the coordinator of a job.</summary>
    internal sealed record Start(JobRun Run) : INoSerializationVerificationNeeded;

    /// <summary>Cancels a job; one that has ended is left alone.</summary>
    internal sealed record Cancel(string Job) : INoSerializationVerificationNeeded;
}
