namespace AttentionCluster.Chaos.Planning;

/// <summary>
/// Makes a plan from a seed: integers in, plan out. <see cref="Random"/> with a seed gives the same numbers on every machine and in every
/// version of .NET, so a seed stays what it was.
/// </summary>
/// <remarks>
/// What it never plans, because no cluster could end such a job: nobody left to compute, no gateway left to ask. Each node has at most one
/// fault in a run, and so has each thing that is no node. A client is refused while the disk is full, and waits; <c>attn attend</c> is not
/// told to wait, so it is not planned beside that. Nodes that restart do so on the addresses that they had, as a service manager or an
/// orchestrator would do it.
/// </remarks>
internal sealed class RunPlanner
{
    private const int FaultsMax = 4, WorkersMax = 5;

    /// <summary>Of a few kinds, such as drains where there is one worker, none may be possible.</summary>
    private const int DrawsMax = 1000;

    /// <summary>The moments of faults: after the first tasks, and before the last ones.</summary>
    private const double Earliest = 0.05, Latest = 0.8;

    /// <summary>The parts of runs in which all workers die at once, and in which a second job comes in the middle.</summary>
    private const double AllDieShare = 0.08, SecondJobShare = 0.4;

    /// <summary>The part of kills after which the node stays dead.</summary>
    private const double ForGoodShare = 0.3;

    /// <summary>In every seventh seed, from this one on, bytes are changed on their way.</summary>
    private const int SeedsPerTampering = 7, FirstTampering = 4;

    private readonly Random _random;
    private readonly int _seed;
    private readonly int _gateways;
    private readonly int _workers;
    private readonly HashSet<FaultKind> _kinds;
    private readonly List<string> _untouched;
    private readonly List<PlannedFault> _faults = [];
    private readonly List<PlannedJob> _jobs = [];
    private int _gatewaysThatStay;
    private int _workersThatStay;

    private RunPlanner(int seed, IReadOnlySet<FaultKind> kinds)
    {
        _seed = seed;
        _random = new Random(seed);
        _kinds = [.. kinds];
        _gatewaysThatStay = _gateways = _random.Next(1, NodeNames.GatewaysMax + 1);
        _workersThatStay = _workers = _random.Next(1, WorkersMax + 1);
        _untouched = [.. Enumerable.Range(1, _gateways).Select(NodeNames.Gateway),
            .. Enumerable.Range(1, _workers).Select(NodeNames.Worker)];
    }

    /// <summary>All kinds of faults.</summary>
    public static IReadOnlySet<FaultKind> AllKinds { get; } = Enum.GetValues<FaultKind>().ToHashSet();

    /// <summary>The plan of a seed.</summary>
    /// <param name="seed">Another seed, another plan.</param>
    /// <param name="kinds">What may go wrong; another choice gives another plan as well.</param>
    public static RunPlan Plan(int seed, IReadOnlySet<FaultKind> kinds) => new RunPlanner(seed, kinds).Plan();

    private RunPlan Plan()
    {
        _jobs.Add(PlanJob(0));
        if (_random.NextDouble() < SecondJobShare)
            _jobs.Add(PlanJob(Moment()));
        if (_random.NextDouble() < AllDieShare && _kinds.Contains(FaultKind.KillWorkers))
            _faults.Add(new PlannedFault(Moment(), FaultKind.KillWorkers, NodeNames.AllWorkers, Between(0.2, 2)));
        else
            PlanFaults(_random.Next(1, FaultsMax + 1));
        PlanTampering();
        bool isDiskFull = Has(FaultKind.FullDisk);
        return new RunPlan(
            _seed, _gateways, _workers, [.. _jobs.Select(job => job with { IsByAttend = job.IsByAttend && !isDiskFull })],
                [.. _faults.OrderBy(fault => fault.At)], NodeSettings.Of(_seed));
    }

    private PlannedJob PlanJob(double at) => new(JobPlanner.Draw(_random), at, IsByAttend: at > 0 && _random.Next(2) == 0);

    private void PlanFaults(int count)
    {
        FaultKind[] kinds = [.. _kinds.Where(kind => kind is not (FaultKind.KillWorkers or FaultKind.Tamper)).Order()];
        for (int draws = 0; draws < DrawsMax && _faults.Count < count && _untouched.Count > 0 && kinds.Length > 0; draws++)
            PlanFault(Pick(kinds));
    }

    /// <summary>
    /// Drawn apart from the others, so that it changes none of those; always, where someone has chosen what may go wrong.
    /// </summary>
    private void PlanTampering()
    {
        var random = new Random(~_seed);
        bool isItsTurn = _seed % SeedsPerTampering == FirstTampering || !_kinds.SetEquals(AllKinds);
        if (isItsTurn && _kinds.Contains(FaultKind.Tamper) && _untouched.Count > 0)
            Add(Math.Round(random.NextDouble() * Latest, 2), FaultKind.Tamper, _untouched[random.Next(_untouched.Count)],
                Math.Round(1 + (4 * random.NextDouble()), 2));
    }

    /// <summary>A draw that can't be carried out is lost; there are others.</summary>
    private void PlanFault(FaultKind kind)
    {
        double at = Moment();
        string node = kind == FaultKind.Join ? NodeNames.Worker(_workers + 1) : Pick(_untouched);
        bool isGateway = NodeNames.IsGateway(node);
        switch (kind)
        {
            case FaultKind.Kill:
                bool forGood = _random.NextDouble() < ForGoodShare && TryLose(isGateway);
                Add(at, kind, node, forGood ? null : Between(0.2, 3));
                break;
            case FaultKind.Stop:
                Add(at, kind, node, Between(0.3, 4));
                break;
            case FaultKind.Partition:
                Add(at, kind, node, Between(0.3, 6));
                break;
            case FaultKind.Delay:
                Add(at, kind, node, Between(1, 5));
                break;
            case FaultKind.Cut:
                Add(at, kind, node, null);
                break;
            case FaultKind.Join when !Has(kind):
                Add(at, kind, node, null);
                break;
            case FaultKind.Drain when !isGateway && TryLose(isGateway):
                Add(at, kind, node, null);
                break;
            case FaultKind.FullDisk when !Has(kind):
                Add(at, kind, NodeNames.Disk, Between(0.5, 3));
                break;
            case FaultKind.Descriptors:
                Add(at, kind, node, Between(0.5, 3));
                break;
            case FaultKind.Truncate when !Has(kind):
                _jobs.Add(new PlannedJob(JobPlanner.DrawLarge(_random), at, IsByAttend: false, MayBeDamaged: true));
                Add(at, kind, NodeNames.Job(_jobs.Count), null);
                break;
            case FaultKind.Removals when !Has(kind):
                Add(at, kind, NodeNames.SmallJobs, null);
                break;
            case FaultKind.SlowClients when isGateway:
                Add(at, kind, node, Between(4, 8));
                break;
            case FaultKind.OtherSecret when !Has(kind):
                Add(Early(at), kind, NodeNames.Stranger, Between(4, 8));
                break;
            case FaultKind.OtherVersion when !Has(kind):
                Add(Early(at), kind, NodeNames.OtherVersion, Between(4, 8));
                break;
        }
    }

    private bool Has(FaultKind kind) => _faults.Any(fault => fault.Kind == kind);

    private void Add(double at, FaultKind kind, string node, double? seconds)
    {
        _untouched.Remove(node);
        _faults.Add(new PlannedFault(at, kind, node, seconds));
    }

    /// <summary>Whether one node fewer of its kind still leaves one.</summary>
    private bool TryLose(bool isGateway)
    {
        ref int stay = ref isGateway ? ref _gatewaysThatStay : ref _workersThatStay;
        if (stay == 1)
            return false;
        stay--;
        return true;
    }

    /// <summary>What takes seconds to join has to begin when most of the job is still to be done.</summary>
    private static double Early(double moment) => Math.Round(moment / 3, 2);

    private double Moment() => Between(Earliest, Latest);

    private double Between(double least, double most) => Math.Round(least + (_random.NextDouble() * (most - least)), 2);

    private T Pick<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];
}
