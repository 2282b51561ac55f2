using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>What the world does with each effect, and what must hold of it.</summary>
internal sealed partial class SimulatedJob
{
    private void Apply(JobEffect effect)
    {
        Assert.True(End is null || effect is JobEffect.Discard, $"{effect} after the end");
        switch (effect)
        {
            case JobEffect.Dispatch dispatch:
                Dispatch(dispatch);
                break;
            case JobEffect.Repeat again:
                Assert.Contains(again.Task, _view.TasksAt(again.Worker));
                SimulatedWorker silent = Known(again.Worker);
                Deliver(() => Compute(silent, again.Task, again.Attempt));
                break;
            case JobEffect.Cancel cancel:
                _view.Cancel(cancel.Task, cancel.Attempt);
                SimulatedWorker slower = Known(cancel.Worker);
                Deliver(() => Cancel(slower, cancel.Task, cancel.Attempt));
                break;
            case JobEffect.Pull pull:
                Pull(pull);
                break;
            case JobEffect.Merge merge:
                Merge(merge);
                break;
            case JobEffect.WriteEmpty empty:
                _store.WriteEmpty(empty.Block);
                _coming.Add(() => new JobEvent.EmptyWritten(empty.Block));
                break;
            case JobEffect.Discard discard:
                Assert.True(End is not null || !_beingPulled.Contains(discard.Claim.Id), "bytes freed that are being pulled");
                _claims[discard.Claim.Id].Release(discard.Claim.Id);
                break;
            case JobEffect.Release release:
                _view.CheckRelease(release.Segment);
                break;
            case JobEffect.Locate locate:
                Locate(locate.Segment);
                break;
            case JobEffect.Succeed or JobEffect.Fail:
                End = effect;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, null);
        }
    }

    private void Dispatch(JobEffect.Dispatch dispatch)
    {
        (TaskId task, int attempt, string name) = dispatch;
        SimulatedWorker worker = Known(name);
        _view.Dispatch(task, attempt, name);
        Assert.InRange(_view.InFlight().Count, 1, _limits.TasksInFlight);
        TaskId[] there = _view.TasksAt(name);
        Assert.InRange(there.Length, 1, worker.Capacity.TasksMax);
        Assert.Distinct(there);
        Assert.InRange(there.Select(_view.SegmentOf).Distinct().Count(), 1, worker.Capacity.SegmentsMax);
        Deliver(() => Compute(worker, task, attempt));
        Trouble(worker);
    }

    /// <summary>A task reaches its worker.</summary>
    private JobEvent? Compute(SimulatedWorker worker, TaskId task, int attempt)
    {
        if (!worker.IsAlive)
            return null;
        ulong? known = worker.Ask((task, attempt), out bool begins, out bool isReturned);
        if (known is { } claim)
            Answer(worker, task, attempt, claim);
        else if (isReturned)
            Deliver(() => new JobEvent.TaskReturned(task, attempt, worker.Name));
        else if (begins)
            _coming.Add(() => EndTask(worker, task, attempt));
        return null;
    }

    private JobEvent? EndTask(SimulatedWorker worker, TaskId task, int attempt)
    {
        if (Happens(_faults.Stall))
        {
            _coming.Add(() => EndTask(worker, task, attempt));
            return null;
        }

        if (!worker.EndTask((task, attempt)))
            return null;
        if (Happens(_faults.Trouble))
        {
            Deliver(() => new JobEvent.TaskFailed(task, attempt, worker.Name, "a machine's fault", IsTransient: true));
        }
        else if (Happens(_faults.Failure) && (_failures.GetValueOrDefault(task) + 1 < _limits.AttemptsMax || Happens(_faults.LastFailure)))
        {
            _failures[task] = _failures.GetValueOrDefault(task) + 1;
            Deliver(() => new JobEvent.TaskFailed(task, attempt, worker.Name, "a fault", IsTransient: false));
        }
        else
        {
            ulong claim = (ulong)_claims.Count + 1;
            _claims.Add(claim, worker);
            worker.Publish((task, attempt), claim);
            Answer(worker, task, attempt, claim);
        }

        return null;
    }

    private void Answer(SimulatedWorker worker, TaskId task, int attempt, ulong claim) => Deliver(() =>
    {
        _heard.Add(claim);
        double seconds = _random.NextDouble();
        var measured = new TaskMeasurements(seconds, seconds / 2, (long)claim, worker.Capacity.Threads, KernelPath.Reference);
        return new JobEvent.TaskDone(task, attempt, worker.Name, EffectTranscript.Claim(claim), measured);
    });

    private static JobEvent? Cancel(SimulatedWorker worker, TaskId task, int attempt)
    {
        worker.Cancel((task, attempt));
        return null;
    }

    /// <summary>A request for a home, and its answer: lost, or there once or twice.</summary>
    private void Locate(SegmentId segment)
    {
        if (Happens(_faults.Lost))
            return;
        _requested.Add(segment);
        if (Happens(_faults.Doubled))
            _requested.Add(segment);
    }

    private void Pull(JobEffect.Pull pull)
    {
        _view.Pull(pull.Task);
        Assert.True(_beingPulled.Add(pull.Claim.Id), "two pulls of one claim");
        SimulatedWorker source = _claims[pull.Claim.Id];
        _coming.Add(() =>
        {
            _beingPulled.Remove(pull.Claim.Id);
            if (!source.IsPublished(pull.Claim.Id) || Happens(_faults.Pull))
                return new JobEvent.PullFailed(pull.Task, source.Name, "a fault");
            source.Release(pull.Claim.Id);
            if (End is null)
                _store.Arrive(pull.Task);
            return new JobEvent.Pulled(pull.Task);
        });
    }

    private void Merge(JobEffect.Merge merge)
    {
        _view.BeginMerge(merge.Task);
        _store.Begin(merge);
        _coming.Add(() =>
        {
            _store.Merge(merge);
            return new JobEvent.Merged(merge.Task);
        });
    }
}
