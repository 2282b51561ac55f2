using Akka.Actor;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>
/// The parent of what runs a gateway's jobs: a coordinator for each job that ends with the gateway, and an entity for each that outlives
/// it. An entity is made by the first message to it, and stops when it says so; of each job there is one at a time.
/// </summary>
internal sealed class JobsSupervisor : ReceiveActor
{
    /// <summary>Before the job in the name of an entity; no job's id has an underscore.</summary>
    private const string EntityPrefix = "durable_";

    private readonly CoordinatorSupervision _supervision = new();
    private readonly Func<JobRun, Props> _coordinators;
    private readonly Func<string, Props> _entities;

    /// <summary>What each child was given to run.</summary>
    private readonly Dictionary<IActorRef, JobRun> _runs = [];

    /// <summary>Messages to jobs whose entity is stopping: the next one gets them.</summary>
    private readonly Dictionary<IActorRef, Queue<(JobEntity.Message Message, IActorRef Sender)>> _stopping = [];

    /// <summary>A supervisor without jobs.</summary>
    /// <param name="segments">The shard region of the segment entities, or what sends to it.</param>
    /// <param name="roster">Knows the workers.</param>
    /// <param name="removal">
    /// Removes what is journaled of a job; nobody on a gateway without a journal, which gets no messages to entities.
    /// </param>
    /// <param name="coordinators">Other coordinators than <see cref="JobCoordinator"/>; for tests.</param>
    public JobsSupervisor(IActorRef segments, IActorRef roster, IActorRef removal, Func<JobRun, Props>? coordinators = null)
    {
        _coordinators = coordinators ?? (run => Props.Create(() => new JobCoordinator(run, segments, roster)));
        _entities = job => Props.Create(() => new JobEntity(job, removal, _coordinators));
        Receive<Start>(start => Begin(start.Run));
        Receive<Cancel>(cancel => Context.Child(cancel.Job).Tell(JobCoordinator.Cancel.Instance));
        Receive<JobEntity.Message>(message => Deliver(message, Sender));
        Receive<EntityDone>(_ => Stop(Sender));
        Receive<Terminated>(OnEnded);
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

    private void Deliver(JobEntity.Message message, IActorRef sender)
    {
        string name = EntityPrefix + message.Job;
        IActorRef entity = Context.Child(name);
        if (entity.IsNobody())
            entity = Context.Watch(Context.ActorOf(_entities(message.Job), name));
        if (_supervision.HasFailed(entity))
            _stopping.TryAdd(entity, []);
        if (_stopping.TryGetValue(entity, out Queue<(JobEntity.Message, IActorRef)>? waiting))
        {
            waiting.Enqueue((message, sender));
            return;
        }

        if (message is JobEntity.Run run)
            _runs.TryAdd(entity, run.Work);
        entity.Tell(message, sender);
    }

    /// <summary>An entity has nothing left to do. What it was sent before still reaches it.</summary>
    private void Stop(IActorRef entity)
    {
        if (_stopping.TryAdd(entity, []))
            entity.Tell(PoisonPill.Instance);
    }

    /// <summary>Children tell of the end of their job as they stop, unless they could not even be made.</summary>
    private void OnEnded(Terminated ended)
    {
        Exception? cause = _supervision.TakeCause(ended.ActorRef);
        if (_runs.Remove(ended.ActorRef, out JobRun? run))
            run.End.TrySetResult(CoordinatorSupervision.EndOf(run.Request.Id, cause));
        if (!_stopping.Remove(ended.ActorRef, out Queue<(JobEntity.Message Message, IActorRef Sender)>? waiting))
            return;
        foreach ((JobEntity.Message message, IActorRef sender) in waiting)
            Deliver(message, sender);
    }

    /// <summary>The end of a job that has the id of one that is being coordinated.</summary>
    internal static JobEnd IdInUse(string id) => new(
        JobState.Failed,
        new Refusal(ErrorCode.JobIdInUse, $"a job {id} has not ended yet; wait for its end, or choose another id"),
        JobTally.Nothing,
        IsIdle: true);

    /// <summary>Starts the coordinator of a job.</summary>
    internal sealed record Start(JobRun Run) : INoSerializationVerificationNeeded;

    /// <summary>Cancels a job; one that has ended is left alone.</summary>
    internal sealed record Cancel(string Job) : INoSerializationVerificationNeeded;

    /// <summary>An entity to its parent: its job has ended, and nothing is journaled of it.</summary>
    internal sealed record EntityDone : INoSerializationVerificationNeeded
    {
        internal static EntityDone Instance { get; } = new();
    }
}
