using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests.Jobs;

/// <summary>
/// A coordinator and some workers in a world made of one seed: messages in both directions come in any order, twice, late or never; workers fail, stand
/// still, die, can't be reached and come back, leave and join, and homes move. A partial is an expression here, so that what is merged with what, and in
/// which order, can be read off.
/// </summary>
internal sealed class SimulatedJob
{
    /// <summary>More than any of these small jobs needs, whatever happens to it: one that takes more hangs.</summary>
    private const int StepsMax = 50_000;

    private readonly AttentionPlan _plan;
    private readonly JobLimits _limits;
    private readonly Faults _faults;
    private readonly Random _random;
    private readonly TaskSchedule _schedule;
    private readonly CoordinatorState _state;
    private readonly SimulatedStore _store;

    /// <summary>What will happen, in no order.</summary>
    private readonly List<Func<IReadOnlyList<JobEffect>>> _coming = [];

    private readonly List<SimulatedWorker> _workers = [];
    private readonly Dictionary<TaskId, int> _attempts = [];
    private readonly Dictionary<TaskId, int> _failures = [];

    /// <summary>How often something happened to a task that lets it be sent again.</summary>
    private readonly Dictionary<TaskId, int> _disturbances = [];

    private readonly HashSet<TaskId> _arrived = [];
    private readonly HashSet<TaskId> _merged = [];
    private readonly HashSet<SegmentId> _released = [];
    private readonly HashSet<ulong> _beingPulled = [];
    private readonly Dictionary<ulong, SimulatedWorker> _claims = [];

    /// <summary>Claims that the coordinator has heard of.</summary>
    private readonly HashSet<ulong> _heard = [];

    private int _workerNumber;

    internal SimulatedJob(AttentionPlan plan, JobLimits limits, Faults faults, Random random)
    {
        (_plan, _limits, _faults, _random) = (plan, limits, faults, random);
        _schedule = new TaskSchedule(plan, segmentBytes: 1);
        _state = new CoordinatorState(plan, limits, _schedule);
        _store = new SimulatedStore(plan);
    }

    /// <summary>The expression that each block was written with.</summary>
    internal IReadOnlyDictionary<int, string> Written => _store.Written;

    /// <summary>Null until the job has ended.</summary>
    internal JobEffect? End { get; private set; }

    /// <summary>The most partials that there were at one time, at workers and at the gateway.</summary>
    internal int PartialsMax { get; private set; }

    /// <summary>Runs until nothing comes any more.</summary>
    internal SimulatedJob Run()
    {
        LocateSome();
        for (int workers = _random.Next(1, 5); workers > 0; workers--)
            AddWorker($"w{++_workerNumber}");
        for (int steps = 0; _coming.Count > 0 || End is null; steps++)
        {
            Assert.True(steps < StepsMax, "the job does not end");
            if (_coming.Count == 0 || _random.Next(10) == 0)
                _coming.Add(_state.Tick);
            _state.Now += TimeSpan.FromSeconds(_random.NextDouble() * 3);
            Apply(TakeOne()());
            PartialsMax = Math.Max(PartialsMax, Flying().Count(task => !_store.Holds(task)) + _store.PartialCount);
        }

        CheckNothingIsLeft();
        return this;
    }

    private Func<IReadOnlyList<JobEffect>> TakeOne()
    {
        int next = _random.Next(_coming.Count);
        Func<IReadOnlyList<JobEffect>> happens = _coming[next];
        _coming[next] = _coming[^1];
        _coming.RemoveAt(_coming.Count - 1);
        return happens;
    }

    /// <summary>A partial that the coordinator has heard of was pulled or freed, unless it went with its worker.</summary>
    private void CheckNothingIsLeft() => Assert.All(_heard, claim => Assert.False(_claims[claim].IsPublished(claim), $"claim {claim} was forgotten"));

    /// <summary>Some homes become known, of workers that there are or not, and the rest is given up.</summary>
    private void LocateSome()
    {
        foreach (SegmentId id in Segments().Where(_ => _random.Next(3) == 0))
        {
            _schedule.Locate(id);
            if (_random.Next(3) > 0)
                _coming.Add(() => _state.Located(id, $"w{_random.Next(1, 5)}"));
        }

        _coming.Add(_state.StopLocating);
    }

    private IEnumerable<SegmentId> Segments() =>
        from block in Enumerable.Range(0, _plan.BlockCount).Select(index => _plan.Block(index))
        from segment in Enumerable.Range(block.Segments.Start, block.Segments.Count)
        select new SegmentId(block.Batch, block.KvHead, segment);

    private void AddWorker(string name)
    {
        var worker = new SimulatedWorker(name, new WorkerCapacity(_random.Next(1, 3), _random.Next(1, 5), _random.Next(1, 4)));
        _workers.Add(worker);
        _coming.Add(() => Come(worker));
    }

    private IReadOnlyList<JobEffect> Come(SimulatedWorker worker)
    {
        worker.IsKnown = true;
        return _state.WorkerUp(worker.Name, worker.Capacity);
    }

    private IReadOnlyList<JobEffect> Go(SimulatedWorker worker)
    {
        worker.IsKnown = false;
        foreach (TaskId task in _schedule.OutAt(worker.Name))
            Disturb(task);
        return _state.WorkerGone(worker.Name);
    }

    private void Apply(IReadOnlyList<JobEffect> effects)
    {
        foreach (JobEffect effect in effects)
        {
            Assert.True(End is null || effect is JobEffect.Discard, $"{effect} after the end");
            switch (effect)
            {
                case JobEffect.Dispatch dispatch:
                    Dispatch(dispatch);
                    break;
                case JobEffect.AskAgain again:
                    Assert.Contains(again.Task, _schedule.OutAt(again.Worker));
                    SimulatedWorker silent = Known(again.Worker);
                    Deliver(() => Compute(silent, again.Task, again.Attempt));
                    break;
                case JobEffect.Cancel cancel:
                    SimulatedWorker slower = Known(cancel.Worker);
                    Deliver(() => Do(() => slower.Cancel((cancel.Task, cancel.Attempt))));
                    break;
                case JobEffect.Pull pull:
                    Pull(pull);
                    break;
                case JobEffect.Merge merge:
                    Merge(merge);
                    break;
                case JobEffect.WriteEmpty empty:
                    _store.WriteEmpty(empty.Block);
                    _coming.Add(() => _state.Merged(empty.Block, null));
                    break;
                case JobEffect.Discard discard:
                    Assert.True(End is not null || !_beingPulled.Contains(discard.Claim.Id), "bytes freed that are being pulled");
                    _claims[discard.Claim.Id].Release(discard.Claim.Id);
                    break;
                case JobEffect.Release release:
                    Assert.True(_released.Add(release.Segment), "a segment released twice");
                    Assert.All(
                        from block in Enumerable.Range(0, _plan.BlockCount).Select(_plan.Block)
                        where block.Batch == release.Segment.Batch && block.KvHead == release.Segment.KvHead && _plan.HasTask(block, release.Segment.Segment)
                        select new TaskId(block.Index, release.Segment.Segment),
                        task => Assert.Contains(task, _merged));
                    break;
                case JobEffect.Succeed or JobEffect.Fail:
                    End = effect;
                    break;
            }
        }
    }

    private void Dispatch(JobEffect.Dispatch dispatch)
    {
        (TaskId task, int attempt, string name) = dispatch;
        SimulatedWorker worker = Known(name);
        Assert.Equal(_attempts.GetValueOrDefault(task) + 1, attempt);
        _attempts[task] = attempt;
        Assert.DoesNotContain(task, _merged);
        Assert.InRange(attempt, 1, 3 * (1 + _disturbances.GetValueOrDefault(task)));
        Assert.InRange(Flying().Count, 1, _limits.TasksInFlight);
        IReadOnlyList<TaskId> there = _schedule.OutAt(name);
        Assert.InRange(there.Count, 1, worker.Capacity.TasksMax);
        Assert.Distinct(there);
        Assert.InRange(there.Select(_schedule.SegmentOf).Distinct().Count(), 1, worker.Capacity.SegmentsMax);
        Deliver(() => Compute(worker, task, attempt));
        Trouble(worker);
    }

    /// <summary>What befalls the worker of a task that is just sent. The last that can compute does not go before another has come.</summary>
    private void Trouble(SimulatedWorker worker)
    {
        if (Happens(_faults.Move))
        {
            SegmentId[] segments = [.. Segments()];
            _coming.Add(() => _state.Located(segments[_random.Next(segments.Length)], $"w{_random.Next(1, _workerNumber + 1)}"));
        }

        if (worker.IsLeaving || !worker.IsAlive)
            return;
        if (Happens(_faults.Death))
        {
            worker.Die();
            _coming.Add(() =>
            {
                IReadOnlyList<JobEffect> effects = worker.IsKnown ? Go(worker) : [];
                AddWorker(_random.Next(2) == 0 ? worker.Name : $"w{++_workerNumber}");
                return effects;
            });
        }
        else if (Happens(_faults.Partition))
        {
            _coming.Add(() =>
            {
                IReadOnlyList<JobEffect> effects = worker.IsKnown ? Go(worker) : [];
                if (worker.IsAlive)
                    _coming.Add(() => worker is { IsAlive: true, IsKnown: false, IsLeaving: false } ? Come(worker) : []);
                return effects;
            });
        }
        else if (Happens(_faults.Leave))
        {
            AddWorker($"w{++_workerNumber}");
            worker.IsLeaving = true;
            _coming.Add(() => _state.WorkerLeaves(worker.Name));
            _coming.Add(() => worker.IsKnown ? Go(worker) : []);
        }
    }

    /// <summary>A task reaches its worker.</summary>
    private JobEffect[] Compute(SimulatedWorker worker, TaskId task, int attempt)
    {
        if (!worker.IsAlive)
            return [];
        ulong? known = worker.Ask((task, attempt), out bool begins, out bool isReturned);
        if (known is { } claim)
            Answer(worker, task, attempt, claim);
        else if (isReturned)
            Deliver(() => Hear(task, () => _state.TaskReturned(task, attempt, worker.Name)));
        else if (begins)
            _coming.Add(() => EndTask(worker, task, attempt));
        return [];
    }

    private JobEffect[] EndTask(SimulatedWorker worker, TaskId task, int attempt)
    {
        if (Happens(_faults.Stall))
        {
            _coming.Add(() => EndTask(worker, task, attempt));
            return [];
        }

        if (!worker.EndTask((task, attempt)))
            return [];
        if (Happens(_faults.Trouble))
        {
            Deliver(() => Hear(task, () => _state.TaskFailed(task, attempt, "a machine's fault", worker.Name, isPassing: true)));
        }
        else if (Happens(_faults.Failure) && (_failures.GetValueOrDefault(task) + 1 < _limits.AttemptsMax || Happens(_faults.LastFailure)))
        {
            _failures[task] = _failures.GetValueOrDefault(task) + 1;
            Deliver(() => Hear(task, () => _state.TaskFailed(task, attempt, "a fault", worker.Name, isPassing: false)));
        }
        else
        {
            ulong claim = (ulong)_claims.Count + 1;
            _claims.Add(claim, worker);
            worker.Publish((task, attempt), claim);
            Answer(worker, task, attempt, claim);
        }

        return [];
    }

    private void Answer(SimulatedWorker worker, TaskId task, int attempt, ulong claim) => Deliver(() =>
    {
        _heard.Add(claim);
        return _state.TaskDone(task, attempt, worker.Name, _random.NextDouble(), EffectTranscript.Claim(claim));
    });

    private IReadOnlyList<JobEffect> Hear(TaskId task, Func<IReadOnlyList<JobEffect>> message)
    {
        Disturb(task);
        return message();
    }

    private void Pull(JobEffect.Pull pull)
    {
        Assert.DoesNotContain(pull.Task, _merged);
        Assert.True(_arrived.Add(pull.Task));
        Assert.True(_beingPulled.Add(pull.Claim.Id), "two pulls of one claim");
        SimulatedWorker source = _claims[pull.Claim.Id];
        _coming.Add(() =>
        {
            _beingPulled.Remove(pull.Claim.Id);
            if (!source.IsPublished(pull.Claim.Id) || Happens(_faults.Pull))
            {
                _arrived.Remove(pull.Task);
                Disturb(pull.Task);
                return _state.PullFailed(pull.Task, "a fault", source.Name);
            }

            source.Release(pull.Claim.Id);
            if (End is null)
                _store.Arrive(pull.Task);
            return _state.Pulled(pull.Task);
        });
    }

    private void Merge(JobEffect.Merge merge)
    {
        Assert.True(_merged.Add(merge.Task), "a task merged twice");
        _store.Begin(merge);
        _coming.Add(() =>
        {
            _store.Merge(merge);
            _arrived.Remove(merge.Task);
            return _state.Merged(merge.Task.Block, merge.Task);
        });
    }

    /// <summary>Tasks that some worker has, as far as the coordinator knows, or whose partial has come and is not merged.</summary>
    private HashSet<TaskId> Flying() => [.. _arrived, .. _workers.Select(worker => worker.Name).Distinct().SelectMany(_schedule.OutAt)];

    /// <summary>The process of that name that the coordinator counts on.</summary>
    private SimulatedWorker Known(string name) => _workers.Last(worker => worker.Name == name && worker.IsKnown);

    /// <summary>A message on its way: lost, or there once or twice, some time.</summary>
    private void Deliver(Func<IReadOnlyList<JobEffect>> message)
    {
        if (Happens(_faults.Lost))
            return;
        _coming.Add(message);
        if (Happens(_faults.Doubled))
            _coming.Add(message);
    }

    private void Disturb(TaskId task) => _disturbances[task] = _disturbances.GetValueOrDefault(task) + 1;

    private bool Happens(double probability) => _random.NextDouble() < probability;

    private static JobEffect[] Do(Action action)
    {
        action();
        return [];
    }
}
