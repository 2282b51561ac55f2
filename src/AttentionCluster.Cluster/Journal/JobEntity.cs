using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Persistence;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Reports;

namespace AttentionCluster.Cluster.Journal;

/// <summary>
/// A job that outlives its gateway: journals which blocks are done, and has a coordinator for those that are missing. A block is done when its rows are on the
/// disk and the journal says so, in that order. The coordinator waits for neither: what was not journaled when the gateway dies is computed again.
/// </summary>
internal sealed class JobEntity : ReceivePersistentActor, IWithTimers
{
    /// <summary>How long written blocks are gathered before they are flushed: what a dead gateway's job loses at most, and ten flushes a second.</summary>
    private static readonly TimeSpan s_gatherTime = TimeSpan.FromMilliseconds(100);

    /// <summary>Events before their sum is written and they are deleted.</summary>
    private const int EventsMax = 50;

    private readonly string _job;
    private readonly JournalDatabase _database;
    private readonly IActorRef _segments;
    private readonly IActorRef _roster;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    /// <summary>Blocks whose rows are written and not flushed.</summary>
    private readonly List<int> _written = [];

    /// <summary>Who waits until everything that was written is journaled.</summary>
    private readonly List<IActorRef> _settling = [];

    /// <summary>Who waits until the journal is removed.</summary>
    private readonly List<IActorRef> _forgetting = [];

    private JobHistory _history = JobHistory.None;
    private JobRun? _run;
    private IActorRef _coordinator = ActorRefs.Nobody;
    private BlockWritten? _latest;
    private int _events;
    private bool _isFlushing;

    /// <summary>A job by its entity's name.</summary>
    /// <param name="database">Where its journal is removed in the end.</param>
    /// <param name="segments">The shard region of the segment entities, or what sends to it.</param>
    /// <param name="roster">Knows the workers.</param>
    public JobEntity(JournalDatabase database, IActorRef segments, IActorRef roster)
    {
        (_database, _segments, _roster, _job) = (database, segments, roster, JobRouting.JobOf(Self.Path.Name));
        Recover<JobBegun>(begun => _history = _history.Apply(begun));
        Recover<BlocksDone>(done => _history = _history.Apply(done));
        Recover<SnapshotOffer>(offer => _history = JobHistory.Of((JobProgressSnapshot)offer.Snapshot));
        Command<Open>(_ => Sender.Tell(_history));
        Command<Run>(Begin);
        Command<Cancel>(_ => _coordinator.Tell(JobCoordinator.Cancel.Instance));
        Command<BlockWritten>(OnWritten);
        Command<Gathered>(_ => Flush());
        Command<Flushed>(OnFlushed);
        Command<Terminated>(_ => OnCoordinatorEnded());
        Command<Settle>(_ => OnSettle());
        Command<Forget>(_ => OnForget());
        Command<Removed>(OnRemoved);
        Command<SaveSnapshotSuccess>(OnSummedUp);
        Command<SaveSnapshotFailure>(failed => _log.Warning("the journal of job {0} can't be summed up, and keeps its events: {1}", _job, failed.Cause.Message));
        Command<DeleteMessagesSuccess>(_ => { });
        Command<DeleteMessagesFailure>(failed => _log.Warning("events in the journal of job {0} can't be deleted: {1}", _job, failed.Cause.Message));
        Command<DeleteSnapshotsSuccess>(_ => { });
        Command<DeleteSnapshotsFailure>(failed => _log.Warning("earlier sums in the journal of job {0} can't be deleted: {1}", _job, failed.Cause.Message));
    }

    public override string PersistenceId => _job;

    public ITimerScheduler Timers { get; set; } = null!;

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <summary>Akka stops this actor afterwards, and with it the coordinator: whoever waits for the job must hear why.</summary>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        base.OnPersistFailure(cause, @event, sequenceNr);
        _run?.End.TrySetResult(new JobEnd(JobState.Failed, NotWritable(cause), JobTally.Nothing, IsIdle: false));
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        base.OnPersistRejected(cause, @event, sequenceNr);
        _isFlushing = false;
        _coordinator.Tell(new JobCoordinator.Fail(NotWritable(cause)));
        AnswerWhenQuiet();
    }

    private Refusal NotWritable(Exception cause) =>
        new("journal-not-writable", $"the journal of job {_job} can't be written ({cause.Message}); see to its database and its disk, then send the job again");

    private void Begin(Run run)
    {
        if (_run is not null)
        {
            run.Work.End.TrySetResult(JobsSupervisor.IdInUse(_job));
            return;
        }

        IActorRef self = Self;
        JobRun work = _run = run.Work with { Written = written => self.Tell(written) };
        PersistAsync(
            new JobBegun { Options = RecordedOptions.Write(work.Plan), Owner = run.Owner, IsAnew = run.IsAnew },
            begun => _history = _history.Apply(begun));
        (IActorRef segments, IActorRef roster) = (_segments, _roster);
        _coordinator = Context.Watch(Context.ActorOf(Props.Create(() => new JobCoordinator(work, segments, roster)), "coordinator"));
    }

    private void OnWritten(BlockWritten written)
    {
        _latest = written;
        _written.Add(written.Block);
        if (!_isFlushing && !Timers.IsTimerActive(nameof(Gathered)))
            Timers.StartSingleTimer(nameof(Gathered), Gathered.Instance, s_gatherTime);
    }

    private void Flush()
    {
        if (_isFlushing || _written.Count == 0)
            return;
        _isFlushing = true;
        var done = new BlocksDone { Retries = _latest!.Retries };
        done.Blocks.AddRange(BlockSet.Of(_written).ToMessages());
        done.Workers.AddRange(
            from worker in _latest.Workers
            where !_history.Workers.ContainsKey(worker.Key)
            select new JobWorker { Name = worker.Key, Threads = worker.Value });
        _written.Clear();
        Task.Run(_run!.Assembly.Flush).PipeTo(Self, success: () => new Flushed(done, null), failure: problem => new Flushed(done, problem));
    }

    /// <summary>The rows are on the disk: only now may the journal say so.</summary>
    private void OnFlushed(Flushed flushed)
    {
        if (flushed.Failure is null && _forgetting.Count == 0)
        {
            PersistAsync(flushed.Done, OnJournaled);
            return;
        }

        _isFlushing = false;
        if (flushed.Failure is { } failure)
            _coordinator.Tell(new JobCoordinator.Fail(new Refusal("result-not-writable", $"rows of job {_job} can't be written: {failure.Message}")));
        AnswerWhenQuiet();
    }

    private void OnJournaled(BlocksDone done)
    {
        _history = _history.Apply(done);
        _isFlushing = false;
        if (++_events % EventsMax == 0)
            SaveSnapshot(_history.ToMessage());
        if (_written.Count > 0)
            Timers.StartSingleTimer(nameof(Gathered), Gathered.Instance, s_gatherTime);
        AnswerWhenQuiet();
    }

    private void OnSummedUp(SaveSnapshotSuccess saved)
    {
        DeleteMessages(saved.Metadata.SequenceNr);
        DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
    }

    /// <summary>From now on the result may be closed: what is not flushed need not be, unless somebody asks for that first.</summary>
    private void OnCoordinatorEnded()
    {
        _coordinator = ActorRefs.Nobody;
        Timers.Cancel(nameof(Gathered));
        AnswerWhenQuiet();
    }

    private void OnSettle()
    {
        _settling.Add(Sender);
        AnswerWhenQuiet();
    }

    private void OnForget()
    {
        _forgetting.Add(Sender);
        _written.Clear();
        AnswerWhenQuiet();
    }

    private void AnswerWhenQuiet()
    {
        if (_settling.Count > 0)
            Flush();
        if (_isFlushing || !_coordinator.IsNobody())
            return;
        _settling.ForEach(asker => asker.Tell(Answer.Good));
        _settling.Clear();

        // After everything that is on its way to the journal.
        if (_forgetting.Count > 0)
            DeferAsync(PersistenceId, _ => Task.Run(() => _database.Remove(PersistenceId)).PipeTo(Self, success: () => new Removed(null), failure: problem => new Removed(problem)));
    }

    private void OnRemoved(Removed removed)
    {
        _forgetting.ForEach(asker => asker.Tell(new Answer(removed.Failure)));
        _forgetting.Clear();
        Context.Parent.Tell(new Passivate(PoisonPill.Instance));
    }

    /// <summary>To the entity of a job. All but the answers stay in this process: a job is coordinated where its files are open.</summary>
    /// <param name="Owner">The process that has the job.</param>
    /// <param name="Job">The job's id.</param>
    internal abstract record Message(string Owner, string Job) : INoSerializationVerificationNeeded;

    /// <summary>How far are you? Answered with a <see cref="JobHistory"/>.</summary>
    internal sealed record Open(string Owner, string Job) : Message(Owner, Job);

    /// <summary>Computes what is missing.</summary>
    /// <param name="Owner">The process that has the job.</param>
    /// <param name="Job">The job's id.</param>
    /// <param name="Work">What its coordinator is given.</param>
    /// <param name="IsAnew">Whether no row is in the result.</param>
    internal sealed record Run(string Owner, string Job, JobRun Work, bool IsAnew) : Message(Owner, Job);

    /// <summary>Ends the job without a result; one that is not being computed is left alone.</summary>
    internal sealed record Cancel(string Owner, string Job) : Message(Owner, Job);

    /// <summary>Journals what has been written. Answered with an <see cref="Answer"/> when the coordinator has ended and that is done.</summary>
    internal sealed record Settle(string Owner, string Job) : Message(Owner, Job);

    /// <summary>Removes what is journaled of a job that has ended. Answered with an <see cref="Answer"/>.</summary>
    internal sealed record Forget(string Owner, string Job) : Message(Owner, Job);

    /// <summary>Done.</summary>
    /// <param name="Failure">Or why not.</param>
    internal sealed record Answer(Exception? Failure) : INoSerializationVerificationNeeded
    {
        internal static Answer Good { get; } = new((Exception?)null);
    }

    private sealed record Gathered : INoSerializationVerificationNeeded
    {
        internal static Gathered Instance { get; } = new();
    }

    private sealed record Flushed(BlocksDone Done, Exception? Failure) : INoSerializationVerificationNeeded;

    private sealed record Removed(Exception? Failure) : INoSerializationVerificationNeeded;
}
