using Akka.Actor;
using AttentionCluster.Core;
using AttentionCluster.Core.Reports;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// The parent of the coordinators of a gateway's jobs that end with it.
/// </summary>
internal sealed class JobsSupervisor : ReceiveActor
{
    private readonly CoordinatorSupervision _supervision = new();
    private readonly Func<JobRun, Props> _coordinators;
    private readonly Dictionary<IActorRef, JobRun> _runs = [];

    /// <summary>A supervisor without jobs.</summary>
    /// <param name="segments">The shard region of the segment entities, or what sends to it.</param>
    /// <param name="roster">Knows the workers.</param>
    /// <param name="coordinators">Other coordinators than <see cref="JobCoordinator"/>; for tests.</param>
    public JobsSupervisor(IActorRef segments, IActorRef roster, Func<JobRun, Props>? coordinators = null)
    {
        _coordinators = coordinators ?? (run => Props.Create(() => new JobCoordinator(run, segments, roster)));
        Receive<Start>(start => Begin(start.Run));
        Receive<Terminated>(OnEnded);
        Receive<Cancel>(cancel => Context.Child(cancel.Job).Tell(JobCoordinator.Cancel.Instance));
    }

    protected override SupervisorStrategy SupervisorStrategy() => _supervision;

    /// <summary>A name that is taken would be an exception here, which would stop every other job.</summary>
    private void Begin(JobRun run)
    {
        string id = run.Request.Id;
        if (Context.Child(id).IsNobody())
        {
            _runs.Add(Context.Watch(Context.ActorOf(_coordinators(run), id)), run);
        }
        else
        {
            run.End.TrySetResult(IdInUse(id));
        }
    }

    /// <summary>It tells of its end as it stops, unless it could not even be made.</summary>
    private void OnEnded(Terminated ended)
    {
        if (_runs.Remove(ended.ActorRef, out JobRun? run))
            run.End.TrySetResult(_supervision.EndOf(ended.ActorRef, run.Request.Id));
    }

    /// <summary>The end of a job that has the id of one that is being coordinated.</summary>
    internal static JobEnd IdInUse(string id) => new(
        JobState.Failed, new Refusal("job-id-in-use", $"a job {id} has not ended yet; wait for its end, or choose another id"), JobTally.Nothing, IsIdle: true);

    /// <summary>Starts the coordinator of a job.</summary>
    internal sealed record Start(JobRun Run) : INoSerializationVerificationNeeded;

    /// <summary>Cancels a job; one that has ended is left alone.</summary>
    internal sealed record Cancel(string Job) : INoSerializationVerificationNeeded;
}
