using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests.Jobs;

/// <summary>
/// A coordinator and some workers in a world made of one seed: answers come in any order, twice, late, as failures or never; workers go, leave
/// and come. A partial is an expression here, so that what is merged with what, and in which order, can be read off.
/// </summary>
internal sealed class SimulatedJob
{
    private readonly AttentionPlan _plan;
    private readonly JobLimits _limits;
    private readonly Faults _faults;
    private readonly Random _random;
    private readonly TaskSchedule _schedule;
    private readonly CoordinatorState _state;

    /// <summary>What will happen, in no order.</summary>
    private readonly List<Func<IReadOnlyList<JobEffect>>> _coming = [];

    /// <summary>Tasks sent and not merged, with how often each was sent and has failed.</summary>
    private readonly Dictionary<TaskId, (int Sent, int Failed)> _inFlight = [];

    private readonly Dictionary<string, WorkerCapacity> _workers = [];

    /// <summary>Attempts that each worker has; a worker that is gone has none.</summary>
    private readonly Dictionary<string, List<(TaskId Task, int Attempt)>> _at = [];

    private readonly Dictionary<TaskId, string> _partials = [];
    private readonly HashSet<TaskId> _arrived = [];
    private readonly HashSet<TaskId> _merged = [];
    private readonly HashSet<int> _merging = [];
    private readonly HashSet<ulong> _beingPulled = [];
    private readonly HashSet<ulong> _freed = [];
    private ulong _claims;
    private int _workerNumber;

    internal SimulatedJob(AttentionPlan plan, JobLimits limits, Faults faults, Random random)
    {
        (_plan, _limits, _faults, _random) = (plan, limits, faults, random);
        _schedule = new TaskSchedule(plan, segmentBytes: 1);
        _state = new CoordinatorState(plan, limits, _schedule);
    }

    /// <summary>The expression that each block was written with.</summary>
    internal Dictionary<int, string> Written { get; } = [];

    /// <summary>Null until the job has ended.</summary>
    internal JobEffect? End { get; private set; }

    /// <summary>The most partials that there were at one time, at workers and at the gateway.</summary>
    internal int PartialsMax { get; private set; }

    /// <summary>Runs until nothing comes any more.</summary>
    internal SimulatedJob Run()
    {
        LocateSome();
        for (int workers = _random.Next(1, 5); workers > 0; workers--)
            AddWorker();
        while (_coming.Count > 0)
        {
            int next = _random.Next(_coming.Count);
            Func<IReadOnlyList<JobEffect>> happens = _coming[next];
            _coming[next] = _coming[^1];
            _coming.RemoveAt(_coming.Count - 1);
            _state.Now += TimeSpan.FromSeconds(_random.NextDouble() * 3);
            Apply(happens());
            PartialsMax = Math.Max(PartialsMax, _inFlight.Keys.Count(task => IsFlying(task) && !_partials.ContainsKey(task)) + _partials.Count);
        }

        return this;
    }

    /// <summary>Some homes become known, of workers that there are or not, and the rest is given up.</summary>
    private void LocateSome()
    {
        for (int block = 0; block < _plan.BlockCount; block++)
        {
            foreach (int segment in Enumerable.Range(0, _plan.Block(block).Segments.Count))
            {
                SegmentId id = _schedule.SegmentOf(new TaskId(block, _plan.Block(block).Segments.Start + segment));
                if (_random.Next(3) > 0)
                    continue;
                _schedule.Locate(id);
                if (_random.Next(3) > 0)
                    _coming.Add(() => _state.Located(id, $"w{_random.Next(1, 5)}"));
            }
        }

        _coming.Add(_state.StopLocating);
    }

    private void AddWorker()
    {
        string name = $"w{++_workerNumber}";
        var capacity = new WorkerCapacity(_random.Next(1, 3), _random.Next(1, 5), _random.Next(1, 4));
        _workers.Add(name, capacity);
        _at.Add(name, []);
        _coming.Add(() => _state.WorkerUp(name, capacity));
    }

    /// <summary>The last that can compute does not go before another has come.</summary>
    private IReadOnlyList<JobEffect> Lose(string worker)
    {
        AddWorker();
        _at[worker].Clear();
        return _state.WorkerGone(worker);
    }

    private void Apply(IReadOnlyList<JobEffect> effects)
    {
        foreach (JobEffect effect in effects)
        {
            Assert.True(End is null || effect is JobEffect.Discard, $"{effect} after the end");
            switch (effect)
            {
                case JobEffect.Dispatch dispatch:
                    Dispatch(dispatch.Task, dispatch.Attempt, dispatch.Worker);
                    break;
                case JobEffect.Cancel cancel:
                    Assert.True(_at[cancel.Worker].Remove((cancel.Task, cancel.Attempt)));
                    break;
                case JobEffect.Pull pull:
                    Pull(pull);
                    break;
                case JobEffect.Merge merge:
                    Merge(merge);
                    break;
                case JobEffect.WriteEmpty empty:
                    Assert.True(Written.TryAdd(empty.Block, ""));
                    _coming.Add(() => _state.Merged(empty.Block, null));
                    break;
                case JobEffect.Discard discard:
                    _freed.Add(discard.Claim.Id);
                    Assert.True(End is not null || !_beingPulled.Contains(discard.Claim.Id), "bytes freed that are being pulled");
                    break;
                case JobEffect.Succeed or JobEffect.Fail:
                    End = effect;
                    break;
            }
        }
    }

    private void Dispatch(TaskId task, int attempt, string worker)
    {
        (int sent, int failed) = _inFlight.GetValueOrDefault(task);
        Assert.Equal(sent + 1, attempt);
        Assert.DoesNotContain(task, _merged);
        _inFlight[task] = (attempt, failed);
        CheckCapacity(worker, (task, attempt));
        Assert.InRange(_inFlight.Keys.Count(IsFlying), 1, _limits.TasksInFlight);

        int answers = 1 + Once(_faults.Duplicate);
        if (_random.NextDouble() < _faults.Loss)
        {
            answers = 0;
            _coming.Add(() => Lose(worker));
        }
        else if (_random.NextDouble() < _faults.Failure)
        {
            // An answer that was taken for lost comes late.
            answers = Once(_faults.Late);
            _coming.Add(() => EndWithout(task, attempt, worker));
        }

        for (; answers > 0; answers--)
        {
            ulong claim = ++_claims;
            for (int deliveries = 1 + Once(_faults.Redelivery); deliveries > 0; deliveries--)
            {
                _coming.Add(() =>
                {
                    _at[worker].Remove((task, attempt));
                    return _state.TaskDone(task, attempt, worker, _random.NextDouble(), EffectTranscript.Claim(claim));
                });
            }
        }
    }

    /// <summary>A worker fails at a task, or gives it back, if it still has it.</summary>
    private IReadOnlyList<JobEffect> EndWithout(TaskId task, int attempt, string worker)
    {
        if (!_at[worker].Remove((task, attempt)))
            return [];
        (int sent, int failed) = _inFlight[task];
        if (_random.Next(3) == 0 || (failed + 1 >= _limits.AttemptsMax && _random.NextDouble() >= _faults.LastFailure))
            return _state.TaskReturned(task, attempt, worker);
        _inFlight[task] = (sent, failed + 1);
        return _state.TaskFailed(task, attempt, "a fault", worker);
    }

    private bool IsFlying(TaskId task) =>
        _arrived.Contains(task) || _at.Values.Any(attempts => attempts.Exists(attempt => attempt.Task == task));

    private void CheckCapacity(string worker, (TaskId Task, int Attempt) attempt)
    {
        List<(TaskId Task, int Attempt)> there = _at[worker];
        Assert.DoesNotContain(there, other => other.Task == attempt.Task);
        there.Add(attempt);
        Assert.InRange(there.Count, 1, _workers[worker].TasksMax);
        Assert.InRange(there.Select(other => _schedule.SegmentOf(other.Task)).Distinct().Count(), 1, _workers[worker].SegmentsMax);
    }

    private void Pull(JobEffect.Pull pull)
    {
        Assert.Contains(pull.Task, _inFlight);
        Assert.DoesNotContain(pull.Task, _partials);
        Assert.True(_arrived.Add(pull.Task));
        Assert.True(_beingPulled.Add(pull.Claim.Id));
        Assert.DoesNotContain(pull.Claim.Id, _freed);
        (int sent, int failed) = _inFlight[pull.Task];
        if (failed + 1 < _limits.AttemptsMax && _random.NextDouble() < _faults.Pull)
        {
            _inFlight[pull.Task] = (sent, failed + 1);
            _coming.Add(() =>
            {
                _beingPulled.Remove(pull.Claim.Id);
                _arrived.Remove(pull.Task);
                return _state.PullFailed(pull.Task, "a fault", $"w{_random.Next(1, 5)}");
            });
            return;
        }

        _coming.Add(() =>
        {
            _beingPulled.Remove(pull.Claim.Id);
            if (End is null)
                _partials.Add(pull.Task, $"{pull.Task.Segment}");
            return _state.Pulled(pull.Task);
        });
    }

    private void Merge(JobEffect.Merge merge)
    {
        int number = merge.Task.Block;
        Assert.True(_merging.Add(number), "two merges of one block at a time");
        Assert.True(_merged.Add(merge.Task), "a task merged twice");
        _coming.Add(() =>
        {
            foreach (MergeStep step in merge.Steps)
            {
                Assert.True(_partials.Remove(new TaskId(number, step.From), out string? from));
                TaskId into = new(number, step.Into);
                _partials[into] = $"({_partials[into]}+{from})";
            }

            if (merge.CompletesBlock)
            {
                KeyRange segments = _plan.Block(number).Segments;
                Assert.True(_partials.Remove(new TaskId(number, segments.Start), out string? complete));
                Assert.DoesNotContain(_partials.Keys, left => left.Block == number);
                Assert.True(Written.TryAdd(number, complete));
            }

            _merging.Remove(number);
            _inFlight.Remove(merge.Task);
            _arrived.Remove(merge.Task);
            return _state.Merged(number, merge.Task);
        });
    }

    private int Once(double probability) => _random.NextDouble() < probability ? 1 : 0;
}
