using System.Collections.Immutable;
using AttentionCluster.Cluster.Jobs.Scheduling;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>
/// The decisions of a job's coordinator: an event and the time in, effects out; no actor, no clock and no bytes. Tasks go to workers with
/// a bounded number in flight; partials are merged in the order of each block's tree. Messages may be lost, late or doubled in either
/// direction: a task's message is repeated until something is known of it, and an answer that comes twice, or late, changes nothing.
/// </summary>
/// <remarks>
/// Failures of a task itself count: after <see cref="JobLimits.AttemptsMax"/> of them, on other workers if there are any, the job fails.
/// Transient failures, of machines and networks, don't; they are bounded by time (<see cref="JobLimits.ProgressTimeout"/>).
/// </remarks>
internal sealed class CoordinatorState
{
    private readonly JobParts _job;
    private readonly TaskDispatch _dispatch;
    private readonly TaskOutcomes _outcomes;
    private readonly BlockMerging _merging;
    private bool _hasEnded;

    /// <summary>A job that has not begun.</summary>
    /// <param name="plan">Its plan.</param>
    /// <param name="limits">Its bounds.</param>
    /// <param name="costs">What things cost.</param>
    /// <param name="blocksDone">Blocks that were written before; null for none.</param>
    /// <param name="keepsOrigins">Whether to remember where partials came from: for a job that verifies itself.</param>
    internal CoordinatorState(
        AttentionPlan plan, JobLimits limits, CostModel costs, IReadOnlyCollection<int>? blocksDone = null, bool keepsOrigins = false)
    {
        _job = new JobParts(plan, limits, costs, blocksDone ?? []);
        _dispatch = new TaskDispatch(_job);
        _outcomes = new TaskOutcomes(_job);
        _merging = new BlockMerging(_job, blocksDone?.Count ?? 0, keepsOrigins);
        foreach (int block in blocksDone ?? [])
        {
            foreach (int segment in plan.SegmentsOf(plan.Block(block)))
                _job.Statistics.Merged(_job.Schedule.FlopsOf(TaskId.Of(block, segment)));
        }
    }

    /// <summary>Segments that are worth a home, and their operations.</summary>
    internal IReadOnlyList<(SegmentId Segment, double Flops)> WorthAHome => _job.Schedule.Placement.WorthAHome;

    /// <summary>Tasks whose partial has been merged.</summary>
    internal int TasksDone => _job.Statistics.TasksDone;

    /// <summary>Floating-point operations of these.</summary>
    internal double FlopsDone => _job.Statistics.FlopsDone;

    /// <summary>Tasks sent again.</summary>
    internal int Retries => _job.Attempts.Retries;

    /// <summary>The nodes that have computed, with their threads.</summary>
    internal ImmutableDictionary<string, int> Workers => _job.Statistics.Workers;

    /// <summary>What was counted up to now.</summary>
    internal JobTally Tally(TimeSpan now) => _job.Statistics.Tally(Retries, _job.Schedule.LongestIdle(now));

    /// <summary>Something happens.</summary>
    /// <param name="happens">What.</param>
    /// <param name="now">When, since the coordinator's start; never less than before.</param>
    /// <returns>What to do, in this order.</returns>
    internal IReadOnlyList<JobEffect> Step(JobEvent happens, TimeSpan now)
    {
        if (_hasEnded)
            return AfterEnd(happens);
        var effects = new List<JobEffect>();
        if (Handle(happens, now, effects))
            Proceed(now, effects);
        _hasEnded |= effects is [.., JobEffect.Succeed or JobEffect.Fail];
        return effects;
    }

    /// <returns>Whether tasks may be sent now.</returns>
    private bool Handle(JobEvent happens, TimeSpan now, List<JobEffect> effects)
    {
        switch (happens)
        {
            case JobEvent.Begin:
                _job.Schedule.Placement.Await();
                return true;
            case JobEvent.Tick:
                return Tick(now, effects);
            case JobEvent.End:
                _hasEnded = true;
                return false;
            case JobEvent.WorkerUp up:
                _job.Schedule.Placement.WorkersChanged(now);
                _job.Statistics.WorkerHistory.Up(up.Worker, now);
                _job.Schedule.AddWorker(up.Worker, up.Capacity);
                return true;
            case JobEvent.WorkerLeaves leaves:
                _job.Schedule.StopSending(leaves.Worker);
                return true;
            case JobEvent.WorkerGone gone:
                return Lose(gone.Worker, now, effects);
            case JobEvent.StartPlacement:
                effects.AddRange(_job.Schedule.Placement.Start(now).Select(segment => new JobEffect.Locate(segment)));
                return false;
            case JobEvent.SegmentPlaced placed:
                _job.Schedule.Placement.SetHome(placed.Segment, placed.Worker);
                if (_job.Schedule.Placement.IsSettled(placed.Segment))
                    _job.Statistics.WorkerHistory.Placed(placed.Segment, now);
                return true;
            case JobEvent.PlacementTimeout:
                _job.Schedule.Placement.StopAwaiting();
                return true;
            case JobEvent.TaskDone done:
                return _outcomes.Done(done, now, effects);
            case JobEvent.TaskFailed failed:
                return _outcomes.Failed(failed, now, effects);
            case JobEvent.TaskReturned returned:
                return _outcomes.Returned(returned, now);
            case JobEvent.Pulled pulled:
                _merging.Pulled(pulled.Task, effects);
                return false;
            case JobEvent.PullFailed failed:
                return _outcomes.PullFailed(failed, now, effects);
            case JobEvent.Merged merged:
                _merging.Merged(merged.Task, now, effects);
                return true;
            case JobEvent.EmptyWritten:
                _merging.EmptyWritten(now);
                return true;
            default:
                throw new ArgumentOutOfRangeException(nameof(happens), happens, null);
        }
    }

    private void Proceed(TimeSpan now, List<JobEffect> effects)
    {
        if (_merging.IsComplete)
            effects.Add(new JobEffect.Succeed());
        else
            _dispatch.SendAll(now, effects);
    }

    /// <summary>Requests homes, fails a job without progress, and repeats messages that may be lost.</summary>
    private bool Tick(TimeSpan now, List<JobEffect> effects)
    {
        effects.AddRange(_job.Schedule.Placement.Due(now).Select(segment => new JobEffect.Locate(segment)));
        if (!_merging.IsWriting && _job.Progress.Check(now, _job.Schedule.WorkerCount) is { } reason)
        {
            effects.Add(new JobEffect.Fail(reason));
            return false;
        }

        foreach ((string worker, TaskId task) in _job.Schedule.ToRepeat(now))
            effects.Add(new JobEffect.Repeat(task, _job.Attempts.AttemptAt(task, worker), worker));
        return true;
    }

    private bool Lose(string worker, TimeSpan now, List<JobEffect> effects)
    {
        if (!_job.Schedule.HasWorker(worker))
            return false;
        _job.Schedule.Placement.WorkersChanged(now);
        if (_job.Schedule.TakesTasks(worker))
            _job.Statistics.WorkerHistory.Lose(worker, _job.Schedule.TasksAt(worker), _job.Schedule.Placement.HomesAt(worker), now);
        return _outcomes.Lost(worker, _job.Schedule.RemoveWorker(worker), effects);
    }

    /// <summary>Partials that come after the end are freed.</summary>
    private JobEffect[] AfterEnd(JobEvent happens) => happens switch
    {
        JobEvent.TaskDone done => [new JobEffect.Discard(done.Claim)],
        JobEvent.PullFailed failed => [new JobEffect.Discard(_job.Open[failed.Task.Block].Forget(failed.Task.Node))],
        _ => [],
    };
}
