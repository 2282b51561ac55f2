using Akka.Actor;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Reports;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// The coordinator of one job: a shell that carries messages to <see cref="CoordinatorState"/> and carries its effects out. It stops when the
/// job has ended.
/// </summary>
internal sealed class JobCoordinator : ReceiveActor, IDisposable
{
    private readonly JobRun _run;
    private readonly IActorRef _segments;
    private readonly CoordinatorState _state;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, int> _workers = new(StringComparer.Ordinal);

    /// <summary>Homes that have had a task, and so must be told of the end.</summary>
    private readonly HashSet<SegmentKey> _homes = [];

    /// <summary>When each task that is out was sent.</summary>
    private readonly Dictionary<TaskId, long> _dispatched = [];

    /// <summary>Pulls and merges under way: their memory can't be freed before they end.</summary>
    private int _underWay;

    private double _kernelSeconds;
    private long _computeStart;
    private long _computeEnd;
    private JobEnd? _end;

    /// <summary>A coordinator for one job.</summary>
    /// <param name="run">The job.</param>
    /// <param name="segments">The shard region of the segment entities.</param>
    public JobCoordinator(JobRun run, IActorRef segments)
    {
        _run = run;
        _segments = segments;
        _state = new CoordinatorState(run.Plan, run.Limits);
        Receive<TaskDone>(OnDone);
        Receive<TaskFailed>(failed => Apply(_state.TaskFailed(
            new TaskId(failed.Block, failed.Segment), failed.Attempt, failed.Reason, failed.Worker)));
        Receive<Pulled>(OnPulled);
        Receive<Merged>(OnMerged);
        Receive<Cancel>(_ => End(JobState.Cancelled, null));
    }

    protected override void PreStart() => Apply(_state.Start());

    /// <summary>The actor system is stopping, or this actor failed: whoever waits for the job must know.</summary>
    protected override void PostStop()
    {
        _stopping.Cancel();
        _run.End.TrySetResult(_end is { } end ? end with { IsIdle = _underWay == 0 } : new JobEnd(
            JobState.Failed, new Refusal("node-stopped", "the node that coordinates this job stopped before its end"), Tally(), IsIdle: _underWay == 0));
    }

    /// <summary>Called by Akka after <see cref="PostStop"/>.</summary>
    public void Dispose() => _stopping.Dispose();

    private void OnDone(TaskDone done)
    {
        Count(done);
        Apply(_state.TaskDone(new TaskId(done.Block, done.Segment), done.Partial.ToClaim()));
    }

    private void OnPulled(Pulled pulled)
    {
        _underWay--;
        Apply(pulled.Failure is null
            ? _state.Pulled(pulled.Task)
            : _state.PullFailed(pulled.Task, pulled.Failure.Message, pulled.Worker));
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
            Apply(_state.Merged(merged.Block, merged.Task));
            _run.Progress?.Report(new JobProgress(
                JobState.Running, _state.TasksDone, _run.Plan.TaskCount, _state.FlopsDone, _run.Plan.Flops));
        }

        StopWhenIdle();
    }

    private void Apply(IReadOnlyList<JobEffect> effects)
    {
        foreach (JobEffect effect in effects)
        {
            switch (effect)
            {
                case JobEffect.Dispatch dispatch:
                    Send(dispatch.Task, dispatch.Attempt);
                    break;
                case JobEffect.Pull pull:
                    _underWay++;
                    _run.Assembly.PullAsync(pull.Task, pull.Claim, _stopping.Token).PipeTo(
                        Self,
                        success: () => new Pulled(pull.Task, pull.Claim.Node, null),
                        failure: e => new Pulled(pull.Task, pull.Claim.Node, e));
                    break;
                case JobEffect.Merge merge:
                    Run(merge.Task.Block, merge.Task, () => _run.Assembly.Merge(merge.Task.Block, merge.Steps, merge.CompletesBlock));
                    break;
                case JobEffect.WriteEmpty empty:
                    Run(empty.Block, null, () => _run.Assembly.WriteEmpty(empty.Block));
                    break;
                case JobEffect.Discard discard:
                    _run.DataPlane.Withdraw(discard.Claim);
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
    private void Run(int block, TaskId? task, Action work)
    {
        _underWay++;
        Task.Run(work).PipeTo(
            Self,
            success: () => new Merged(block, task, null),
            failure: e => new Merged(block, task, e));
    }

    private void Send(TaskId task, int attempt)
    {
        AttentionPlan plan = _run.Plan;
        QueryBlock block = plan.Block(task.Block);
        var home = new SegmentKey
        {
            Context = _run.Request.Id,
            Batch = block.Batch,
            KvHead = block.KvHead,
            Segment = task.Segment,
        };
        _homes.Add(home);
        _dispatched[task] = _run.Clock.GetTimestamp();
        _segments.Tell(new ComputeTask
        {
            Job = _run.Request.Id,
            Block = task.Block,
            Attempt = attempt,
            Segment = home,
            FirstRow = block.FirstRow,
            Rows = block.Rows,
            FirstKey = plan.SegmentKeys(task.Segment).Start,
            Keys = plan.SegmentKeys(task.Segment).Count,
            Query = _run.Request.Query.ToMessage(_run.DataPlane.Address),
            Key = _run.Request.Key.ToMessage(_run.DataPlane.Address),
            Value = _run.Request.Value.ToMessage(_run.DataPlane.Address),
            Scale = plan.Scale,
            MaskLower = plan.Mask.Lower,
            MaskUpper = plan.Mask.Upper,
            KernelPath = (int)plan.Kernel,
        });
    }

    private void Count(TaskDone done)
    {
        _computeEnd = _run.Clock.GetTimestamp();
        if (_dispatched.Remove(new TaskId(done.Block, done.Segment), out long dispatched))
        {
            // Not counted back from the answer: answers may wait while the machine loads the next segments.
            long start = dispatched + (long)(done.WaitSeconds * _run.Clock.TimestampFrequency);
            _computeStart = _computeStart == 0 ? start : Math.Min(_computeStart, start);
        }

        _kernelSeconds += done.KernelSeconds;
        _workers[done.Worker] = done.WorkerThreads;
    }

    private JobTally Tally() => new(_state.Retries, _kernelSeconds, _computeStart, _computeEnd, _workers);

    private void End(JobState outcome, Refusal? reason)
    {
        if (_end is not null)
            return;
        _state.End();
        _end = new JobEnd(outcome, reason, Tally(), IsIdle: true);
        _stopping.Cancel();
        foreach (SegmentKey home in _homes)
            _segments.Tell(new JobEnded { Job = _run.Request.Id, Segment = home });
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

    private sealed record Pulled(TaskId Task, string Worker, Exception? Failure) : INoSerializationVerificationNeeded;

    private sealed record Merged(int Block, TaskId? Task, Exception? Failure) : INoSerializationVerificationNeeded;
}
