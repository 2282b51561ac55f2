using Akka.Actor;
using Akka.Event;
using Akka.Pattern;
using Akka.Persistence;
using AttentionCluster.Cluster.Wire;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Journal;

/// <summary>
/// Reads what is journaled of a job, and adds to it, one event at a time. It stops when the journal fails, as every persistent actor does;
/// its supervisor makes another one after a while, which says how far the journal is then.
/// </summary>
internal sealed class JobNotes : ReceivePersistentActor
{
    /// <summary>Events before their sum is written and they are deleted.</summary>
    private const int EventsMax = 50;

    private static readonly TimeSpan s_backoffMin = TimeSpan.FromMilliseconds(200), s_backoffMax = TimeSpan.FromSeconds(10);

    /// <summary>Gateways of one database do not come back at the same moment.</summary>
    private const double BackoffSpread = 0.2;

    private readonly string _job;
    private readonly IActorRef _entity;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private JobHistory _history = JobHistory.None;

    /// <summary>Events since the latest sum.</summary>
    private int _events;

    /// <summary>Sums and deletions that the database has not answered.</summary>
    private int _housekeeping;

    private bool _isClosing;

    /// <summary>The notes of one job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="entity">Told of what is journaled.</param>
    public JobNotes(string job, IActorRef entity)
    {
        (_job, _entity) = (job, entity);
        Recover<JobBegun>(begun => Add(_history.Apply(begun)));
        Recover<BlocksDone>(done => Add(_history.Apply(done)));
        Recover<SnapshotOffer>(offer => (_history, _events) = (JobHistory.Of((JobProgressSnapshot)offer.Snapshot), 0));
        Recover<RecoveryCompleted>(_ => _entity.Tell(new Recovered(_history)));
        Command<Note>(note => PersistAsync(note.Event, OnNoted));
        Command<Close>(_ => OnClose());
        Command<SaveSnapshotSuccess>(OnSummedUp);
        Command<SaveSnapshotFailure>(failed =>
            Housekept("the journal of job {0} can't be summed up, and keeps its events: {1}", failed.Cause));
        Command<DeleteMessagesSuccess>(_ => Housekept());
        Command<DeleteMessagesFailure>(failed => Housekept("events in the journal of job {0} can't be deleted: {1}", failed.Cause));
        Command<DeleteSnapshotsSuccess>(_ => Housekept());
        Command<DeleteSnapshotsFailure>(failed => Housekept("earlier sums in the journal of job {0} can't be deleted: {1}", failed.Cause));
    }

    public override string PersistenceId => _job;

    /// <summary>Keeps an actor of these going while the journal is in trouble.</summary>
    internal static Props Supervised(string job, IActorRef entity) => BackoffSupervisor.Props(
        Backoff.OnStop(Akka.Actor.Props.Create(() => new JobNotes(job, entity)), "notes", s_backoffMin, s_backoffMax, BackoffSpread, -1)
            .WithManualReset());

    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        _log.Warning("the journal of job {0} can't be read, which is tried again: {1}", _job, reason.Message);

    /// <summary>Akka stops this actor afterwards.</summary>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        _log.Warning("the journal of job {0} can't be written, which is tried again: {1}", _job, cause.Message);

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        OnPersistFailure(cause, @event, sequenceNr);
        Context.Stop(Self);
    }

    private void Add(JobHistory history)
    {
        _history = history;
        _events++;
    }

    private void OnNoted(IMessage @event)
    {
        Add(@event is JobBegun begun ? _history.Apply(begun) : _history.Apply((BlocksDone)@event));
        Context.Parent.Tell(BackoffSupervisor.Reset.Instance);
        if (_events >= EventsMax)
        {
            _events = 0;
            _housekeeping++;
            SaveSnapshot(_history.ToMessage());
        }

        _entity.Tell(new Noted(_history));
    }

    private void OnSummedUp(SaveSnapshotSuccess saved)
    {
        _housekeeping += 2;
        DeleteMessages(saved.Metadata.SequenceNr);
        DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
        Housekept();
    }

    private void Housekept(string warning, Exception cause)
    {
        _log.Warning(warning, _job, cause.Message);
        Housekept();
    }

    private void Housekept()
    {
        _housekeeping--;
        if (_isClosing)
            OnClose();
    }

    private void OnClose()
    {
        _isClosing = true;
        if (_housekeeping == 0)
            _entity.Tell(Closed.Instance);
    }

    /// <summary>Journals an event; not to be sent before the one before it is <see cref="Noted"/>.</summary>
    internal sealed record Note(IMessage Event) : INoSerializationVerificationNeeded;

    /// <summary>
    /// Nothing more will be noted. Answered with <see cref="Closed"/> when nothing is on its way to the database any more.
    /// </summary>
    internal sealed record Close : INoSerializationVerificationNeeded
    {
        internal static Close Instance { get; } = new();
    }

    /// <summary>From the sender on: what is journaled is known, and what was being noted and is not in it is lost.</summary>
    internal sealed record Recovered(JobHistory History) : INoSerializationVerificationNeeded;

    /// <summary>The event is in the database.</summary>
    internal sealed record Noted(JobHistory History) : INoSerializationVerificationNeeded;

    /// <summary>The answer to <see cref="Close"/>.</summary>
    internal sealed record Closed : INoSerializationVerificationNeeded
    {
        internal static Closed Instance { get; } = new();
    }
}
