using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Reports;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Journal;

/// <summary>
/// A job that outlives its gateway: journals which blocks are done, and has a coordinator for those that are missing. A block is done when its rows are on the
/// disk and the journal says so, in that order. The coordinator waits for neither: what was not journaled when the gateway dies is computed again. So trouble
/// of the journal costs a job nothing while its gateway lives; it is noted later.
/// </summary>
internal sealed class JobEntity : ReceiveActor, IWithTimers
{
    /// <summary>How long written blocks are gathered before they are flushed: what a dead gateway's job loses at most, and ten flushes a second.</summary>
    private static readonly TimeSpan s_gatherTime = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a job that another process had begun waits for the note that it is begun again; it is for counting those that it ended.</summary>
    private static readonly TimeSpan s_noteTimeout = TimeSpan.FromSeconds(5);

    private readonly string _job;
    private readonly IActorRef _removal;
    private readonly IActorRef _segments;
    private readonly IActorRef _roster;
    private readonly Func<JobRun, Props>? _coordinators;
    private readonly CoordinatorSupervision _supervision = new();
    private readonly ILoggingAdapter _log = Context.GetLogger();

    /// <summary>Blocks whose rows are written and not flushed.</summary>
    private readonly List<int> _written = [];

    /// <summary>Who waits until the journal can be read.</summary>
    private readonly List<IActorRef> _opening = [];

    /// <summary>Who waits until everything that was written is journaled.</summary>
    private readonly List<IActorRef> _settling = [];

    /// <summary>Who waits until the journal is removed.</summary>
    private readonly List<IActorRef> _forgetting = [];

    /// <summary>Keeps <see cref="_notes"/> going; nobody while they are not needed.</summary>
    private IActorRef _notesSupervisor = ActorRefs.Nobody;

    private IActorRef _notes = ActorRefs.Nobody;
    private JobHistory? _history;
    private JobRun? _run;
    private IActorRef _coordinator = ActorRefs.Nobody;
    private BlockWritten? _latest;

    /// <summary>What must be noted before anything else.</summary>
    private JobBegun? _begun;

    /// <summary>What is on the disk and not noted.</summary>
    private BlocksDone? _done;

    private bool _isNoting;
    private bool _isFlushing;
    private bool _isRemoving;
    private bool _isPaused;

    /// <summary>A job by its entity's name.</summary>
    /// <param name="removal">Removes its journal in the end.</param>
    /// <param name="segments">The shard region of the segment entities, or what sends to it.</param>
    /// <param name="roster">Knows the workers.</param>
    /// <param name="coordinators">Other coordinators than <see cref="JobCoordinator"/>; for tests.</param>
    public JobEntity(IActorRef removal, IActorRef segments, IActorRef roster, Func<JobRun, Props>? coordinators = null)
    {
        (_removal, _segments, _roster, _coordinators, _job) = (removal, segments, roster, coordinators, JobRouting.JobOf(Self.Path.Name));
        Receive<Open>(_ => OnOpen());
        Receive<Run>(Begin);
        Receive<Cancel>(_ => OnCancel());
        Receive<BlockWritten>(OnWritten);
        Receive<Gathered>(_ => Flush());
        Receive<Flushed>(OnFlushed);
        Receive<JobNotes.Recovered>(OnRecovered);
        Receive<JobNotes.Noted>(OnNoted);
        Receive<JobNotes.Closed>(_ => Remove());
        Receive<NotNotedYet>(_ => Coordinate());
        Receive<Terminated>(OnCoordinatorEnded);
        Receive<Settle>(_ => OnSettle());
        Receive<Forget>(_ => OnForget());
        Receive<JournalRemoval.Removed>(_ => OnRemoved());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Whether the job was given to this entity and its coordinator has not ended.</summary>
    private bool IsComputing => _run is not null && (!_coordinator.IsNobody() || Timers.IsTimerActive(nameof(NotNotedYet)));

    protected override SupervisorStrategy SupervisorStrategy() => _supervision;

    private void OnOpen()
    {
        if (_history is { } history && !_notes.IsNobody())
        {
            Sender.Tell(history);
            return;
        }

        _opening.Add(Sender);
        TakeNotes();
    }

    private void TakeNotes()
    {
        if (_notesSupervisor.IsNobody())
            _notesSupervisor = Context.ActorOf(JobNotes.Supervised(_job, Self), "notes");
    }

    private void Begin(Run run)
    {
        if (_run is not null)
        {
            run.Work.End.TrySetResult(JobsSupervisor.IdInUse(_job));
            return;
        }

        IActorRef self = Self;
        _run = run.Work with { Written = written => self.Tell(written) };
        _begun = new JobBegun
        {
            Options = RecordedOptions.Write(_run.Plan),
            Owner = run.Owner,
            IsAnew = run.IsAnew,
            BitContract = BitContract.Version,
            Bits = BitContract.Name(_run.Plan.Family),
            KeysPerSegment = _run.Plan.KeysPerSegment,
            Format = JobHistory.FormatCurrent,
        };
        TakeNotes();
        Proceed();
        if (_run.FormerNames.Count > 0)
            Timers.StartSingleTimer(nameof(NotNotedYet), NotNotedYet.Instance, s_noteTimeout);
        else
            Coordinate();
    }

    private void Coordinate()
    {
        Timers.Cancel(nameof(NotNotedYet));
        (JobRun work, IActorRef segments, IActorRef roster) = (_run!, _segments, _roster);
        _coordinator = Context.Watch(Context.ActorOf(
            _coordinators?.Invoke(work) ?? Props.Create(() => new JobCoordinator(work, segments, roster)), "coordinator"));
    }

    private void OnCancel()
    {
        _coordinator.Tell(JobCoordinator.Cancel.Instance);
        if (!Timers.IsTimerActive(nameof(NotNotedYet)))
            return;
        Timers.Cancel(nameof(NotNotedYet));
        _run!.End.TrySetResult(new JobEnd(JobState.Cancelled, null, JobTally.Nothing, IsIdle: true));
    }

    private void OnWritten(BlockWritten written)
    {
        _latest = written;
        _written.Add(written.Block);
        if (!_isFlushing && _done is null && !Timers.IsTimerActive(nameof(Gathered)))
            Timers.StartSingleTimer(nameof(Gathered), Gathered.Instance, s_gatherTime);
    }

    private void Flush()
    {
        if (_isFlushing || _done is not null || _written.Count == 0)
            return;
        _isFlushing = true;
        var done = new BlocksDone { Retries = _latest!.Retries };
        done.Blocks.AddRange(BlockSet.Of(_written).ToMessages());
        done.Workers.AddRange(
            from worker in _latest.Workers
            where _history is null || !_history.Workers.ContainsKey(worker.Key)
            select new JobWorker { Name = worker.Key, Threads = worker.Value });
        _written.Clear();
        Task.Run(_run!.Assembly.Flush).PipeTo(Self, success: () => new Flushed(done, null), failure: problem => new Flushed(done, problem));
    }

    /// <summary>The rows are on the disk: only now may the journal say so.</summary>
    private void OnFlushed(Flushed flushed)
    {
        _isFlushing = false;
        if (flushed.Failure is null)
            _done = flushed.Done;
        else if (PassingTrouble.Is(flushed.Failure))
            _log.Warning("rows of job {0} can't be flushed, and so are not journaled; a gateway that went on with it would compute them again: {1}", _job, flushed.Failure.Message);
        else
            _coordinator.Tell(new JobCoordinator.Fail(new Refusal("result-not-writable", $"rows of job {_job} can't be written: {flushed.Failure.Message}")));
        Proceed();
    }

    /// <summary>The journal can be used, for the first time or again. What was being noted when it failed may be in it or not, and is noted again if not.</summary>
    private void OnRecovered(JobNotes.Recovered recovered)
    {
        (_notes, _history, _isNoting, _isRemoving) = (Sender, recovered.History, false, false);
        if (_begun is not null && _history.Owners.LastOrDefault() == _begun.Owner)
            OnBegunNoted();
        _opening.ForEach(asker => asker.Tell(_history));
        _opening.Clear();
        Proceed();
    }

    private void OnNoted(JobNotes.Noted noted)
    {
        if (Sender.Equals(_notes))
        {
            (_history, _isNoting) = (noted.History, false);
            if (_begun is not null)
                OnBegunNoted();
            else
                _done = null;
        }

        Proceed();
    }

    private void OnBegunNoted()
    {
        _begun = null;
        if (Timers.IsTimerActive(nameof(NotNotedYet)))
            Coordinate();
    }

    /// <summary>From now on the result may be closed: what is not flushed need not be, unless somebody asks for that first.</summary>
    private void OnCoordinatorEnded(Terminated ended)
    {
        // The coordinator tells of its end as it stops, unless it could not even be made.
        _run!.End.TrySetResult(_supervision.EndOf(ended.ActorRef, _job));
        _coordinator = ActorRefs.Nobody;
        Timers.Cancel(nameof(Gathered));
        Proceed();
    }

    private void OnSettle()
    {
        _settling.Add(Sender);
        Flush();
        Proceed();
    }

    private void OnForget()
    {
        _forgetting.Add(Sender);
        Proceed();
    }

    /// <summary>Notes what is to be noted, and answers those that wait for it.</summary>
    private void Proceed()
    {
        if (_forgetting.Count > 0 && !IsComputing)
        {
            _written.Clear();
            (_begun, _done) = (null, null);
        }

        if (!_isNoting && !_notes.IsNobody() && !_isRemoving && (_begun ?? (IMessage?)_done) is { } note)
        {
            _isNoting = true;
            _notes.Tell(new JobNotes.Note(note));
        }

        if (_isFlushing || _isNoting)
            return;
        if (_done is null && _written.Count > 0 && !_coordinator.IsNobody() && !Timers.IsTimerActive(nameof(Gathered)))
            Timers.StartSingleTimer(nameof(Gathered), Gathered.Instance, s_gatherTime);
        if (IsComputing)
            return;
        if (_settling.Count > 0 && !SettleMore())
        {
            _settling.ForEach(asker => asker.Tell(Answer.Instance));
            _settling.Clear();
        }

        if (_forgetting.Count > 0 && _settling.Count == 0 && !_isRemoving)
        {
            _isRemoving = true;
            if (_notes.IsNobody())
                Remove();
            else
                _notes.Tell(JobNotes.Close.Instance);
        }
    }

    /// <summary>Notes what was written last, and that the job is paused.</summary>
    /// <returns>Whether there is something left to note.</returns>
    private bool SettleMore()
    {
        if (_written.Count > 0)
        {
            Flush();
            return true;
        }

        if (_done is not null || _begun is not null)
            return true;
        if (_isPaused || _history is null)
            return false;
        _isPaused = true;
        _done = new BlocksDone { IsPaused = true, Retries = _latest?.Retries ?? 0 };
        Proceed();
        return true;
    }

    private void Remove()
    {
        if (!_notesSupervisor.IsNobody())
            Context.Stop(_notesSupervisor);
        _removal.Tell(new JournalRemoval.Remove(_job));
    }

    private void OnRemoved()
    {
        _forgetting.ForEach(asker => asker.Tell(Answer.Instance));
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
    internal sealed record Answer : INoSerializationVerificationNeeded
    {
        internal static Answer Instance { get; } = new();
    }

    private sealed record Gathered : INoSerializationVerificationNeeded
    {
        internal static Gathered Instance { get; } = new();
    }

    private sealed record Flushed(BlocksDone Done, Exception? Failure) : INoSerializationVerificationNeeded;

    private sealed record NotNotedYet : INoSerializationVerificationNeeded
    {
        internal static NotNotedYet Instance { get; } = new();
    }
}
