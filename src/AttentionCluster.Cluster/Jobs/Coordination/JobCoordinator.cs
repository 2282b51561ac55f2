using Akka.Actor;
using Akka.Event;
using AttentionCluster.Cluster.Jobs.Scheduling;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>
/// The coordinator of one job: a shell that makes events of messages for <see cref="CoordinatorState"/>, and carries its effects out. It
/// stops when the job has ended.
/// </summary>
internal sealed partial class JobCoordinator : ReceiveActor, IWithTimers, IDisposable
{
    /// <summary>For how long homes are awaited before the job goes on without those that are not known.</summary>
    private static readonly TimeSpan s_placementTimeout = TimeSpan.FromSeconds(1);

    /// <summary>How often overdue tasks, and homes that are not known, are looked for.</summary>
    private static readonly TimeSpan s_tickInterval = TimeSpan.FromSeconds(0.5);

    private readonly JobRun _run;
    private readonly IActorRef _segments;
    private readonly IActorRef _roster;
    private readonly CoordinatorState _state;
    private readonly TaskMessages _messages;
    private readonly WorkerEligibility _eligibility;
    private readonly ShardWeights? _weights;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly long _begunAt;
    private readonly long _messageBytesMax = MessageSize.Max(Context.System);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Workers that can be reached.</summary>
    private readonly Dictionary<string, IActorRef> _workers = new(StringComparer.Ordinal);

    /// <summary>Workers that have had a task, and so must be told of the end.</summary>
    private readonly HashSet<IActorRef> _sentTo = [];

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
        _begunAt = run.Clock.GetTimestamp();
        _state = new CoordinatorState(
            run.Plan, run.Limits, new CostModel(run.SegmentBytes), run.BlocksDone, keepsOrigins: run.Request.Options.VerifyRows > 0);
        _messages = new TaskMessages(run.Request, run.Name, run.Plan, run.SegmentBytes, run.DataPlane.Address);
        _eligibility = new WorkerEligibility(run, _messages, _log);
        _weights = _messages.Weights(_state.WorthAHome);
        Receive<WorkerRoster.WorkerUp>(up => OnWorkerUp(up.Description, up.Worker));
        Receive<WorkerRoster.WorkerLeaves>(leaves => Happen(new JobEvent.WorkerLeaves(leaves.Name)));
        Receive<WorkerRoster.WorkerGone>(OnWorkerGone);
        Receive<SegmentLocated>(located => Happen(new JobEvent.SegmentPlaced(
            new SegmentId(located.Segment.Batch, located.Segment.KvHead, located.Segment.Segment), located.Worker)));
        Receive<StartPlacement>(_ => Happen(new JobEvent.StartPlacement()));
        Receive<PlacementTimeout>(_ => Happen(new JobEvent.PlacementTimeout()));
        Receive<Tick>(_ => Happen(new JobEvent.Tick()));
        Receive<TaskDone>(done => Happen(done.ToEvent()));
        Receive<TaskFailed>(OnFailed);
        Receive<TaskReturned>(returned => Happen(returned.ToEvent()));
        Receive<Pulled>(OnPulled);
        Receive<Merged>(OnMerged);
        Receive<Cancel>(_ => End(JobState.Cancelled, null));
        Receive<Fail>(fail => End(JobState.Failed, fail.Reason));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _run.Clock.GetElapsedTime(_begunAt);

    /// <summary>Keeps the cause of a failure for whoever waits for the job.</summary>
    protected override bool AroundReceive(Receive receive, object message)
    {
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
        Timers.StartSingleTimer(nameof(PlacementTimeout), PlacementTimeout.Instance, s_placementTimeout);
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, s_tickInterval);
        EndFormerHomes();
        if (_run.BlocksDone.Count > 0)
            ReportProgress();
        _roster.Tell(WorkerRoster.Subscribe.Instance);
        Happen(new JobEvent.Begin());
    }

    /// <summary>The actor system is stopping, or this actor failed: whoever waits for the job must know.</summary>
    protected override void PostStop()
    {
        _stopping.Cancel();
        if (_end is null)
            TellEnd();
        Refusal reason = _failure is null
            ? new Refusal(ErrorCode.NodeStopped, "the node that coordinates this job stopped before its end")
            : CoordinatorSupervision.Reason(_run.Request.Id, _failure);
        _run.End.TrySetResult((_end ?? new JobEnd(JobState.Failed, reason, Tally(), IsIdle: true)) with { IsIdle = _underWay == 0 });
    }

    /// <summary>Called by Akka after <see cref="PostStop"/>.</summary>
    public void Dispose() => _stopping.Dispose();

    /// <summary>
    /// Homes are requested when the workers that the roster knows are there, which tells of all of them at once: each must have heard of
    /// the weights before one of them places the segments.
    /// </summary>
    private void OnWorkerUp(WorkerDescription description, IActorRef worker)
    {
        if (_end is not null || _eligibility.CapacityOf(description) is not { } capacity)
            return;
        _workers[description.Name] = worker;
        foreach (string former in _run.FormerNames)
            worker.Tell(new JobEnded { Job = former });
        if (_weights is not null)
            Tell(worker, _weights);
        Self.Tell(StartPlacement.Instance);
        Happen(new JobEvent.WorkerUp(description.Name, capacity));
    }

    private void OnWorkerGone(WorkerRoster.WorkerGone gone)
    {
        if (_workers.Remove(gone.Name))
            Happen(new JobEvent.WorkerGone(gone.Name));
    }

    /// <summary>A worker of another version has computed nothing, and gets nothing more of this job.</summary>
    private void OnFailed(TaskFailed failed)
    {
        if (failed.IsNotUnderstood)
        {
            _log.Warning("worker {0} gets no more tasks of job {1}: {2}", failed.Worker, _run.Request.Id, failed.Reason);
            Happen(new JobEvent.WorkerLeaves(failed.Worker));
        }

        Happen(failed.ToEvent());
    }

    private void OnPulled(Pulled pulled)
    {
        _underWay--;
        if (pulled.Failure is { } failure)
        {
            _roster.Tell(new WorkerRoster.Suspect(pulled.Worker));
            Happen(new JobEvent.PullFailed(pulled.Task, pulled.Worker, failure.Message));
        }
        else
        {
            Happen(new JobEvent.Pulled(pulled.Task));
        }

        StopWhenIdle();
    }

    private void OnMerged(Merged merged)
    {
        _underWay--;
        if (merged.Failure is { } failure)
        {
            End(JobState.Failed, new Refusal(ErrorCode.StoreNotWritable, $"rows of job {_run.Request.Id} can't be written: "
                + $"{failure.Message}"));
        }
        else
        {
            if (merged.CompletesBlock)
                _run.Written?.Invoke(new BlockWritten(merged.Block, _state.Retries, _state.Workers));
            Happen(merged.Task is { } task ? new JobEvent.Merged(task) : new JobEvent.EmptyWritten(merged.Block));
            ReportProgress();
        }

        StopWhenIdle();
    }

    private void ReportProgress() => _run.Progress?.Report(new JobProgress(
        JobState.Running, _state.TasksDone, _run.Plan.TaskCount, _state.FlopsDone, _run.Plan.Flops));

    private void Happen(JobEvent happens)
    {
        foreach (JobEffect effect in _state.Step(happens, Now))
            Apply(effect);
    }

    private JobTally Tally() => _state.Tally(Now) with { BegunAt = _begunAt };

    private void End(JobState outcome, Refusal? reason)
    {
        if (_end is not null)
            return;
        _state.Step(new JobEvent.End(), Now);
        _end = new JobEnd(outcome, reason, Tally(), IsIdle: true);
        _stopping.Cancel();
        TellEnd();
        StopWhenIdle();
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

    private sealed record StartPlacement : INoSerializationVerificationNeeded
    {
        internal static StartPlacement Instance { get; } = new();
    }

    private sealed record PlacementTimeout : INoSerializationVerificationNeeded
    {
        internal static PlacementTimeout Instance { get; } = new();
    }

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        internal static Tick Instance { get; } = new();
    }

    private sealed record Pulled(TaskId Task, string Worker, Exception? Failure) : INoSerializationVerificationNeeded;

    private sealed record Merged(int Block, TaskId? Task, bool CompletesBlock, Exception? Failure) : INoSerializationVerificationNeeded;
}
