using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Jobs.Scheduling;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>
/// A coordinator and some workers in a world made of one seed: messages in both directions come in any order, twice, late or never;
/// workers fail, stand still, die, can't be reached and come back, leave and join, and homes move. A partial is an expression here, so
/// that what is merged with what, and in which order, can be read off.
/// </summary>
internal sealed partial class SimulatedJob
{
    /// <summary>More than any of these small jobs needs, whatever happens to it: one that takes more hangs.</summary>
    private const int StepsMax = 50_000;

    private readonly AttentionPlan _plan;
    private readonly JobLimits _limits;
    private readonly Faults _faults;
    private readonly Random _random;
    private readonly CoordinatorState _state;
    private readonly SimulatedStore _store;
    private readonly SimulatedPlacement _placement;
    private readonly CoordinatorView _view;

    /// <summary>What will happen, in no order: an event of the coordinator, or null when it concerns only the world.</summary>
    private readonly List<Func<JobEvent?>> _coming = [];

    /// <summary>
    /// Segments whose home the shards were asked for. Apart from what else is coming, since there may be more of these messages than of
    /// all others: then nothing else would happen.
    /// </summary>
    private readonly List<SegmentId> _requested = [];

    private readonly List<SimulatedWorker> _workers = [];
    private readonly Dictionary<TaskId, int> _failures = [];
    private readonly HashSet<ulong> _beingPulled = [];
    private readonly Dictionary<ulong, SimulatedWorker> _claims = [];

    /// <summary>Claims that the coordinator has heard of.</summary>
    private readonly HashSet<ulong> _heard = [];

    private TimeSpan _now;
    private int _workerNumber;

    internal SimulatedJob(AttentionPlan plan, JobLimits limits, Faults faults, Random random)
    {
        (_plan, _limits, _faults, _random) = (plan, limits, faults, random);

        // None of these small tasks is worth a home by itself: in some worlds all segments are, in some those with much work, in some none.
        double flopsMin = random.Next(3) switch { 0 => 0, 1 => plan.Flops / Math.Max(1, plan.SegmentCount), _ => double.MaxValue };
        _state = new CoordinatorState(plan, limits, new CostModel(SegmentBytes: 1) { PlacementFlopsMin = flopsMin });
        _store = new SimulatedStore(plan);
        _view = new CoordinatorView(plan);
        _placement = new SimulatedPlacement(plan, flopsMin, _view);
    }

    /// <summary>The expression that each block was written with.</summary>
    internal IReadOnlyDictionary<int, string> Written => _store.Written;

    /// <summary>Null until the job has ended.</summary>
    internal JobEffect? End { get; private set; }

    /// <summary>The most partials that there were at one time, at workers and at the gateway.</summary>
    internal int PartialsMax { get; private set; }

    /// <summary>Told of each event with its time and effects; may be null.</summary>
    internal Action<JobEvent, TimeSpan, IReadOnlyList<JobEffect>>? Happened { get; init; }

    /// <summary>What the coordinator has counted.</summary>
    internal JobTally Tally => _state.Tally(_now);

    /// <summary>Runs until nothing comes any more.</summary>
    internal SimulatedJob Run()
    {
        Tell(new JobEvent.Begin());
        _coming.Add(() => new JobEvent.PlacementTimeout());
        for (int workers = _random.Next(1, 5); workers > 0; workers--)
            AddWorker($"w{++_workerNumber}");
        for (int steps = 0; _coming.Count > 0 || End is null; steps++)
        {
            Assert.True(steps < StepsMax, "the job does not end");
            if (_coming.Count == 0 || _random.Next(10) == 0)
                _coming.Add(() => new JobEvent.Tick());
            _now += TimeSpan.FromSeconds(_random.NextDouble() * 3);
            AnswerSome();
            if (TakeOne()() is { } happens)
                Tell(happens);
            PartialsMax = Math.Max(PartialsMax, _view.InFlight().Count(task => !_store.Holds(task)) + _store.PartialCount);
        }

        CheckNothingIsLeft();
        return this;
    }

    /// <summary>The shards answer some requests with a worker that is there, if one is.</summary>
    private void AnswerSome()
    {
        SegmentId[] answered = [.. _requested.Where(_ => _random.Next(3) == 0)];
        foreach (SegmentId segment in answered)
        {
            _requested.Remove(segment);
            string[] alive = [.. _workers.Where(worker => worker is { IsAlive: true, IsLeaving: false }).Select(worker => worker.Name)];
            if (_placement.Answer(segment, alive, _random) is { } home)
                Tell(new JobEvent.SegmentPlaced(segment, home));
        }
    }

    private Func<JobEvent?> TakeOne()
    {
        int next = _random.Next(_coming.Count);
        Func<JobEvent?> happens = _coming[next];
        _coming[next] = _coming[^1];
        _coming.RemoveAt(_coming.Count - 1);
        return happens;
    }

    private void Tell(JobEvent happens)
    {
        bool hasEnded = End is not null;
        if (!hasEnded)
            _view.Before(happens, _now);
        IReadOnlyList<JobEffect> effects = _state.Step(happens, _now);
        Happened?.Invoke(happens, _now, effects);
        if (!hasEnded)
            _placement.Check(happens, _now, [.. effects.OfType<JobEffect.Locate>().Select(locate => locate.Segment)]);
        foreach (JobEffect effect in effects)
            Apply(effect);
        if (!hasEnded && End is not null)
            _view.CheckStatistics(_state.Tally(_now));
    }

    /// <summary>A partial that the coordinator has heard of was pulled or freed, unless it went with its worker.</summary>
    private void CheckNothingIsLeft() =>
        Assert.All(_heard, claim => Assert.False(_claims[claim].IsPublished(claim), $"claim {claim} was forgotten"));

    private void AddWorker(string name)
    {
        var worker = new SimulatedWorker(name, new WorkerCapacity(_random.Next(1, 3), _random.Next(1, 5), _random.Next(1, 4)));
        _workers.Add(worker);
        _coming.Add(() => Come(worker));
    }

    private JobEvent.WorkerUp Come(SimulatedWorker worker)
    {
        worker.IsKnown = true;
        _coming.Add(() => new JobEvent.StartPlacement());
        return new JobEvent.WorkerUp(worker.Name, worker.Capacity);
    }

    private static JobEvent.WorkerGone? Go(SimulatedWorker worker)
    {
        if (!worker.IsKnown)
            return null;
        worker.IsKnown = false;
        return new JobEvent.WorkerGone(worker.Name);
    }

    /// <summary>
    /// What befalls the worker of a task that is just sent. The last that can compute does not go before another has come.
    /// </summary>
    private void Trouble(SimulatedWorker worker)
    {
        if (Happens(_faults.Move))
            _coming.Add(() => _placement.Move(_random, $"w{_random.Next(1, _workerNumber + 1)}"));
        if (worker.IsLeaving || !worker.IsAlive)
            return;
        if (Happens(_faults.Death))
        {
            worker.Die();
            _coming.Add(() =>
            {
                JobEvent? gone = Go(worker);
                AddWorker(_random.Next(2) == 0 ? worker.Name : $"w{++_workerNumber}");
                return gone;
            });
        }
        else if (Happens(_faults.Partition))
        {
            _coming.Add(() =>
            {
                if (worker.IsAlive)
                    _coming.Add(() => worker is { IsAlive: true, IsKnown: false, IsLeaving: false } ? Come(worker) : null);
                return Go(worker);
            });
        }
        else if (Happens(_faults.Leave))
        {
            AddWorker($"w{++_workerNumber}");
            worker.IsLeaving = true;
            _coming.Add(() => new JobEvent.WorkerLeaves(worker.Name));
            _coming.Add(() => Go(worker));
        }
    }

    /// <summary>The process of that name that the coordinator counts on.</summary>
    private SimulatedWorker Known(string name) => _workers.Last(worker => worker.Name == name && worker.IsKnown);

    /// <summary>A message on its way: lost, or there once or twice, some time.</summary>
    private void Deliver(Func<JobEvent?> message)
    {
        if (Happens(_faults.Lost))
            return;
        _coming.Add(message);
        if (Happens(_faults.Doubled))
            _coming.Add(message);
    }

    private bool Happens(double probability) => _random.NextDouble() < probability;
}
