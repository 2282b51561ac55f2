using Akka.Actor;
using Akka.Event;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Reports;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// The coordinator of one job: a shell that carries messages to <see cref="CoordinatorState"/> and carries its effects out. It stops when the
/// job has ended.
/// </summary>
internal sealed class JobCoordinator : ReceiveActor, IWithTimers, IDisposable
{
    /// <summary>How long homes are asked for before the job goes on without those that have not answered.</summary>
    private static readonly TimeSpan s_locateTimeout = TimeSpan.FromSeconds(1);

    /// <summary>How often it is looked for tasks to ask for again, and for homes.</summary>
    private static readonly TimeSpan s_tickInterval = TimeSpan.FromSeconds(0.5);

    private readonly JobRun _run;
    private readonly IActorRef _segments;
    private readonly IActorRef _roster;
    private readonly TaskSchedule _schedule;
    private readonly CoordinatorState _state;
    private readonly TaskMessages _messages;
    private readonly JobCounts _counts;
    private readonly WorkerHistory _history;
    private readonly HomeSearch _homes;
    private readonly ShardWeights? _weights;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly long _begin;
    private readonly long _messageBytesMax = MessageSize.Max(Context.System);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Workers that can be reached.</summary>
    private readonly Dictionary<string, IActorRef> _workers = new(StringComparer.Ordinal);

    /// <summary>Workers that have had a task, and so must be told of the end.</summary>
    private readonly HashSet<IActorRef> _asked = [];

    /// <summary>Pulls and merges under way: their memory can't be freed before they end.</summary>
    private int _underWay;

    private JobEnd? _end;

    /// <summary>What this actor is stopped for by its supervisor.</summary>
    private Exception? _failure;

    /// <summary>A coordinator for one job.</summary>
    /// <param name="run">The job.</param>
    /// <param name="segments">The shard region of the segment entities, or what sends to it.</param>
    /// <param name="roster">Knows the workers.</param>
    public JobCoordinator(JobRun run, IActorRef segments, IActorRef roster)
    {
        (_run, _segments, _roster) = (run, segments, roster);
        _begin = run.Clock.GetTimestamp();
        _schedule = new TaskSchedule(run.Plan, run.SegmentBytes);
        _state = new CoordinatorState(run.Plan, run.Limits, _schedule) { KeepsOrigins = run.Request.Options.VerifyRows > 0 };
        _messages = new TaskMessages(run.Request, run.Name, run.Plan, run.SegmentBytes, run.Holders);
        _counts = new JobCounts(run.Clock);
        _history = new WorkerHistory();
        _state.Restore(run.BlocksDone);
        (SegmentId Segment, double Flops)[] located = [.. _schedule.WorthAHome];
        _homes = new HomeSearch([.. located.Select(worth => worth.Segment)], _schedule);
        _weights = _messages.Weights(located);
        Receive<WorkerRoster.WorkerUp>(up => OnWorkerUp(up.Description, up.Worker));
        Receive<WorkerRoster.WorkerLeaves>(leaves => Apply(_state.WorkerLeaves(leaves.Name)));
        Receive<WorkerRoster.WorkerGone>(OnWorkerGone);
        Receive<SegmentLocated>(OnLocated);
        Receive<Locate>(_ => Ask(_homes.Begin(_state.Now)));
        Receive<StopLocating>(_ => Apply(_state.StopLocating()));
        Receive<Tick>(_ => OnTick());
        Receive<TaskDone>(OnDone);
        Receive<TaskFailed>(OnFailed);
        Receive<TaskReturned>(returned => Apply(_state.TaskReturned(
            new TaskId(returned.Block, returned.Segment), returned.Attempt, returned.Worker)));
        Receive<Pulled>(OnPulled);
        Receive<Merged>(OnMerged);
        Receive<Cancel>(_ => End(JobState.Cancelled, null));
        Receive<Fail>(fail => End(JobState.Failed, fail.Reason));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Before each event, so that the state sees the time that it happens at.</summary>
    protected override bool AroundReceive(Receive receive, object message)
    {
        _state.Now = _run.Clock.GetElapsedTime(_begin);
        try
        {
            return base.AroundReceive(receive, message);
        }
        catch (Exception failure)
        {
            _failure = failure;
            throw;
        }
    }

    protected override void PreStart()
    {
        Timers.StartSingleTimer(nameof(StopLocating), StopLocating.Instance, s_locateTimeout);
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, s_tickInterval);
        foreach (SegmentId segment in _homes.Segments)
            _schedule.Locate(segment);
        ForgetFormerHomes();
        if (_run.BlocksDone.Count > 0)
            ReportProgress();
        _roster.Tell(WorkerRoster.Subscribe.Instance);
        Apply(_state.Proceed());
    }

    /// <summary>The actor system is stopping, or this actor failed: whoever waits for the job must know.</summary>
    protected override void PostStop()
    {
        _stopping.Cancel();
        if (_end is null)
            TellEnd();
        Refusal reason = _failure is null
            ? new Refusal("node-stopped", "the node that coordinates this job stopped before its end")
            : CoordinatorSupervision.Reason(_run.Request.Id, _failure);
        _run.End.TrySetResult((_end ?? new JobEnd(JobState.Failed, reason, Tally(), IsIdle: true)) with { IsIdle = _underWay == 0 });
    }

    /// <summary>Called by Akka after <see cref="PostStop"/>.</summary>
    public void Dispose() => _stopping.Dispose();

    /// <summary>
    /// Homes are asked for when the workers are there that the roster knows, which has told of all of them at once: each must have heard of the
    /// weights before one of them places the segments.
    /// </summary>
    private void OnWorkerUp(WorkerDescription description, IActorRef worker)
    {
        if (_end is not null || !Computes(description) || Capacity.Of(description, _run) is not { } capacity
            || !IsUnderstoodBy(description))
        {
            return;
        }

        _workers[description.Name] = worker;
        foreach (string former in _run.FormerNames)
            worker.Tell(new JobEnded { Job = former });
        if (_weights is not null)
            Tell(worker, _weights);
        Self.Tell(Locate.Instance);
        _homes.Changed(_state.Now);
        _history.Up(description.Name, _state.Now);
        Apply(_state.WorkerUp(description.Name, capacity));
    }

    /// <summary>Whether a worker has the family of the job's bits, and the path if a test has named one.</summary>
    private bool Computes(WorkerDescription worker) => worker.Families.Contains((int)_run.Plan.Family)
        && (_run.Plan.Options.Kernel.Path() is not { } path || worker.Kernels.Contains((int)path));

    /// <summary>A dead coordinator has told nobody of its end.</summary>
    private void ForgetFormerHomes()
    {
        foreach (string former in _run.FormerNames)
        {
            TaskMessages messages = _messages.Under(former);
            foreach (SegmentId segment in _homes.Segments)
                _segments.Tell(messages.Ended(segment));
        }
    }

    private void OnWorkerGone(WorkerRoster.WorkerGone gone)
    {
        if (_end is not null || !_workers.Remove(gone.Name))
            return;
        _homes.Changed(_state.Now);
        if (!_schedule.IsLeaving(gone.Name))
            _history.Gone(gone.Name, _schedule.OutAt(gone.Name), _schedule.AtHomeWith(gone.Name), _state.Now);
        Apply(_state.WorkerGone(gone.Name));
    }

    private void OnLocated(SegmentLocated located)
    {
        var segment = new SegmentId(located.Segment.Batch, located.Segment.KvHead, located.Segment.Segment);
        Apply(_state.Located(segment, located.Worker));
        if (_schedule.HasHome(segment))
            _history.Located(segment, _state.Now);
    }

    private void OnTick()
    {
        Ask(_homes.Due(_state.Now));
        Apply(_state.Tick());
    }

    private void Ask(IReadOnlyList<SegmentId> homes)
    {
        foreach (SegmentId segment in homes)
            _segments.Tell(_messages.Locate(segment));
    }

    private void OnDone(TaskDone done)
    {
        if (_counts.Done(done) is { } start)
            _history.Done(done.Worker, _run.Clock.GetElapsedTime(_begin, start), _state.Now);
        Apply(_state.TaskDone(new TaskId(done.Block, done.Segment), done.Attempt, done.Worker, done.KernelSeconds, done.Partial.ToClaim()));
    }

    /// <summary>A worker of another version has computed nothing, and gets nothing more of this job.</summary>
    private void OnFailed(TaskFailed failed)
    {
        if (failed.IsNotUnderstood)
        {
            _log.Warning("worker {0} gets no more tasks of job {1}: {2}", failed.Worker, _run.Request.Id, failed.Reason);
            Apply(_state.WorkerLeaves(failed.Worker));
        }

        Apply(_state.TaskFailed(new TaskId(failed.Block, failed.Segment), failed.Attempt, failed.Reason, failed.Worker, failed.IsPassing));
    }

    /// <summary>Whether a worker knows all fields that tasks of this job have. One that others change besides refuses them itself.</summary>
    private bool IsUnderstoodBy(WorkerDescription description)
    {
        if (TaskFields.All.IsSubsetOf(description.TaskFields))
            return true;
        string[] unknown = [.. TaskFields.Used(_messages.Compute(new TaskId(0, 0), attempt: 1)).Except(description.TaskFields).Order(StringComparer.Ordinal)];
        if (unknown.Length > 0)
        {
            _log.Warning("worker {0} gets no tasks of job {1}: it is of a version that does not know fields {2} of them; have all nodes run one release",
                description.Name, _run.Request.Id, string.Join(", ", unknown));
        }

        return unknown.Length == 0;
    }

    private void OnPulled(Pulled pulled)
    {
        _underWay--;
        if (pulled.Failure is { } failure)
        {
            _history.Unpulled(pulled.Worker);
            _roster.Tell(new WorkerRoster.Suspect(pulled.Worker));
            Apply(_state.PullFailed(pulled.Task, failure.Message, pulled.Worker));
        }
        else
        {
            Apply(_state.Pulled(pulled.Task));
        }

        StopWhenIdle();
    }

    private void OnMerged(Merged merged)
    {
        _underWay--;
        if (merged.Failure is { } failure)
        {
            End(JobState.Failed, new Refusal("result-not-writable", $"rows of job {_run.Request.Id} can't be written: {failure.Message}"));
        }
        else
        {
            if (merged.CompletesBlock)
                _run.Written?.Invoke(new BlockWritten(merged.Block, _state.Retries, _counts.Workers));
            Apply(_state.Merged(merged.Block, merged.Task));
            ReportProgress();
        }

        StopWhenIdle();
    }

    private void ReportProgress() => _run.Progress?.Report(new JobProgress(
        JobState.Running, _state.TasksDone, _run.Plan.TaskCount, _state.FlopsDone, _run.Plan.Flops));

    private void Apply(IReadOnlyList<JobEffect> effects)
    {
        foreach (JobEffect effect in effects)
        {
            switch (effect)
            {
                case JobEffect.Dispatch dispatch:
                    Send(dispatch.Task, dispatch.Attempt, dispatch.Worker);
                    break;
                case JobEffect.AskAgain again:
                    _roster.Tell(new WorkerRoster.Suspect(again.Worker));
                    Tell(_workers.GetValueOrDefault(again.Worker, ActorRefs.Nobody), _messages.Compute(again.Task, again.Attempt));
                    break;
                case JobEffect.Cancel cancel:
                    _workers.GetValueOrDefault(cancel.Worker, ActorRefs.Nobody).Tell(_messages.Cancel(cancel.Task, cancel.Attempt));
                    break;
                case JobEffect.Pull pull:
                    _underWay++;
                    _run.Assembly.PullAsync(pull.Task, pull.Claim, _stopping.Token).PipeTo(
                        Self,
                        success: () => new Pulled(pull.Task, pull.Claim.Node, null),
                        failure: e => new Pulled(pull.Task, pull.Claim.Node, e));
                    break;
                case JobEffect.Merge merge:
                    Run(merge.Task.Block, merge.Task, merge.CompletesBlock, () => _run.Assembly.MergeAsync(merge.Task.Block, merge.Steps, merge.CompletesBlock, _stopping.Token));
                    break;
                case JobEffect.WriteEmpty empty:
                    Run(empty.Block, null, true, () => _run.Assembly.WriteEmptyAsync(empty.Block, _stopping.Token));
                    break;
                case JobEffect.Discard discard:
                    _run.DataPlane.Release(discard.Claim);
                    break;
                case JobEffect.Release release:
                    foreach (string worker in release.Workers)
                        _workers.GetValueOrDefault(worker, ActorRefs.Nobody).Tell(_messages.Ended(release.Segment));
                    break;
                case JobEffect.Succeed:
                    End(JobState.Succeeded, null);
                    break;
                case JobEffect.Fail fail:
                    End(JobState.Failed, fail.Reason);
                    break;
                default:
                    throw new InvalidOperationException($"no such effect: {effect}");
            }
        }
    }

    /// <summary>Merging and writing take milliseconds: on the thread pool, not on the dispatcher.</summary>
    private void Run(int block, TaskId? task, bool completesBlock, Func<Task> work)
    {
        _underWay++;
        Task.Run(work).PipeTo(
            Self,
            success: () => new Merged(block, task, completesBlock, null),
            failure: e => new Merged(block, task, completesBlock, e));
    }

    private void Send(TaskId task, int attempt, string worker)
    {
        if (_end is not null)
            return;
        IActorRef to = _workers[worker];
        _asked.Add(to);
        _counts.Sent(task, attempt);
        _history.Sent(task, _schedule.SegmentOf(task), _state.Now);
        Tell(to, _messages.Compute(task, attempt));
    }

    /// <summary>Nobody would say that a message which is too large was not sent: it ends the job.</summary>
    private void Tell(IActorRef to, IMessage message)
    {
        if (MessageSize.Check(message, _messageBytesMax) is { } problem)
            End(JobState.Failed, new Refusal("message-too-large", $"a task of job {_run.Request.Id} can't be sent: {problem}; choose fewer heads for each KV head, or report this"));
        else
            to.Tell(message);
    }

    private JobTally Tally() => _counts.Tally(_state, _history);

    private void End(JobState outcome, Refusal? reason)
    {
        if (_end is not null)
            return;
        _state.End();
        _end = new JobEnd(outcome, reason, Tally(), IsIdle: true);
        _stopping.Cancel();
        TellEnd();
        StopWhenIdle();
    }

    private void TellEnd()
    {
        foreach (IActorRef worker in _asked.Union(_weights is null ? [] : _workers.Values))
            worker.Tell(_messages.Ended());
        foreach (SegmentId segment in _homes.Segments)
            _segments.Tell(_messages.Ended(segment));
    }

    private void StopWhenIdle()
    {
        if (_end is not null && _underWay == 0)
            Context.Stop(Self);
    }

    /// <summary>Ends the job without a result.</summary>
    internal sealed record Cancel : INoSerializationVerificationNeeded
    {
        internal static Cancel Instance { get; } = new();
    }

    /// <summary>Ends the job for a reason that lies elsewhere.</summary>
    internal sealed record Fail(Refusal Reason) : INoSerializationVerificationNeeded;

    private sealed record Locate : INoSerializationVerificationNeeded
    {
        internal static Locate Instance { get; } = new();
    }

    private sealed record StopLocating : INoSerializationVerificationNeeded
    {
        internal static StopLocating Instance { get; } = new();
    }

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        internal static Tick Instance { get; } = new();
    }

    private sealed record Pulled(TaskId Task, string Worker, Exception? Failure) : INoSerializationVerificationNeeded;

    private sealed record Merged(int Block, TaskId? Task, bool CompletesBlock, Exception? Failure) : INoSerializationVerificationNeeded;
}
