using Akka.Actor;
using Akka.Event;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>
/// A job that outlives its gateway: journals which blocks are done, and has a coordinator for those that are missing. A block is done
/// when its rows are on the disk and the journal says so, in that order. The coordinator waits for neither: what was not journaled when
/// the gateway dies is computed again. So trouble of the journal costs a job nothing while its gateway lives; it is noted later.
/// </summary>
internal sealed partial class JobEntity : ReceiveActor, IWithTimers
{
    /// <summary>
    /// How long written blocks are gathered before they are flushed: what a dead gateway's job loses at most, and ten flushes a second.
    /// </summary>
    private static readonly TimeSpan s_gatherTime = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a job that another process had begun waits for the note that it is begun again; it is for counting those that it ended.
    /// </summary>
    private static readonly TimeSpan s_noteTimeout = TimeSpan.FromSeconds(5);

    private readonly string _job;
    private readonly IActorRef _removal;
    private readonly Func<JobRun, Props> _coordinators;
    private readonly CoordinatorSupervision _supervision = new();
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly PendingNotes _pending = new();

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
    private bool _isNoting;
    private bool _isFlushing;
    private bool _isRemoving;

    /// <summary>The entity of one job, of which nothing is known yet.</summary>
    /// <param name="job">Its id, by which it is journaled.</param>
    /// <param name="removal">Removes its journal in the end.</param>
    /// <param name="coordinators">Makes its coordinator.</param>
    public JobEntity(string job, IActorRef removal, Func<JobRun, Props> coordinators)
    {
        (_job, _removal, _coordinators) = (job, removal, coordinators);
        Receive<Open>(_ => OnOpen());
        Receive<Run>(Begin);
        Receive<Cancel>(_ => OnCancel());
        Receive<BlockWritten>(OnWritten);
        Receive<Gathered>(_ => Flush());
        Receive<FlushEnded>(OnFlushEnded);
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
        _pending.Begin(run.Owner, _run.Plan, run.IsAnew);
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
        _coordinator = Context.Watch(Context.ActorOf(_coordinators(_run!), "coordinator"));
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
        _pending.Written(written);
        if (!_isFlushing && !_pending.HasFlushed && !Timers.IsTimerActive(nameof(Gathered)))
            Timers.StartSingleTimer(nameof(Gathered), Gathered.Instance, s_gatherTime);
    }

    private void Flush()
    {
        if (_isFlushing || _pending.HasFlushed || !_pending.HasWritten)
            return;
        _isFlushing = true;
        BlocksDone done = _pending.TakeWritten(_history);
        _run!.Assembly.FlushAsync().PipeTo(
            Self, success: () => new FlushEnded(done, null), failure: problem => new FlushEnded(done, problem));
    }

    /// <summary>The rows are on the disk: only now may the journal say so.</summary>
    private void OnFlushEnded(FlushEnded flushed)
    {
        _isFlushing = false;
        if (flushed.Failure is null)
            _pending.Flushed(flushed.Done);
        else if (TransientFailure.Is(flushed.Failure))
        {
            _log.Warning(
                "rows of job {0} can't be flushed, and so are not journaled; a gateway that went on with it would compute them again: {1}",
                _job, flushed.Failure.Message);
        }
        else
        {
            _coordinator.Tell(new JobCoordinator.Fail(
                new Refusal(ErrorCode.StoreNotWritable, $"rows of job {_job} can't be written: {flushed.Failure.Message}")));
        }

        Proceed();
    }

    /// <summary>What was being noted when the journal failed is noted again, if it turns out not to be in it.</summary>
    private void OnRecovered(JobNotes.Recovered recovered)
    {
        (_notes, _history, _isNoting, _isRemoving) = (Sender, recovered.History, false, false);
        if (_pending.Recovered(_history))
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
            if (_pending.Noted())
                OnBegunNoted();
        }

        Proceed();
    }

    private void OnBegunNoted()
    {
        if (Timers.IsTimerActive(nameof(NotNotedYet)))
            Coordinate();
    }

    /// <summary>From now on the result may be closed: what is not flushed need not be, unless somebody asks for that first.</summary>
    private void OnCoordinatorEnded(Terminated ended)
    {
        // The coordinator tells of its end as it stops, unless it could not even be made.
        _run!.End.TrySetResult(CoordinatorSupervision.EndOf(_job, _supervision.TakeCause(ended.ActorRef)));
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
            _pending.Clear();
        if (!_isNoting && !_notes.IsNobody() && !_isRemoving && _pending.Next is { } note)
        {
            _isNoting = true;
            _notes.Tell(new JobNotes.Note(note));
        }

        if (_isFlushing || _isNoting)
            return;
        if (!_pending.HasFlushed && _pending.HasWritten && !_coordinator.IsNobody() && !Timers.IsTimerActive(nameof(Gathered)))
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
        if (_pending.HasWritten)
        {
            Flush();
            return true;
        }

        if (_pending.Next is not null)
            return true;
        if (_history is null || !_pending.Pause())
            return false;
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
        Context.Parent.Tell(JobsSupervisor.EntityDone.Instance);
    }
}
