using System.Diagnostics;
using System.Globalization;
using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Jobs;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.Chaos.Upgrading;

namespace AttentionCluster.Chaos.Running;

/// <summary>Runs one seed after the other, and sums up. The fleet stays from run to run, and is made anew after one that failed.</summary>
internal sealed class ChaosSession(RunSettings settings, TextWriter output) : IAsyncDisposable
{
    /// <summary>For the inputs and results of a few jobs, and dozens of small ones, beside what a gateway keeps free.</summary>
    private const long DiskBytes = 512L << 20;

    private readonly WorkFiles _files = new();
    private readonly List<RunOutcome> _outcomes = [];
    private readonly List<string> _endProblems = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Fleet? _fleet;
    private OtherBuild? _otherVersion;

    /// <summary>Runs all, and lets the last fleet leave.</summary>
    /// <returns>Whether all have passed.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        foreach (int seed in settings.Seeds.TakeWhile(_ => _clock.Elapsed < settings.Budget))
            await RunAsync(seed, cancellationToken);
        await LetGoAsync();
        foreach (string line in Summary())
            output.WriteLine(line);
        return _endProblems.Count == 0 && _outcomes.All(outcome => outcome.HasPassed);
    }

    public async ValueTask DisposeAsync()
    {
        if (_fleet is not null)
            await _fleet.DisposeAsync();
        _otherVersion?.Dispose();
        _files.Dispose();
    }

    /// <summary>Tells the nodes to leave, and removes what they had.</summary>
    private async Task LetGoAsync()
    {
        if (_fleet is null)
            return;
        _endProblems.AddRange(await _fleet.LeaveAsync());
        await _fleet.DisposeAsync();
        _fleet = null;
    }

    private async Task RunAsync(int seed, CancellationToken cancellationToken)
    {
        RunPlan plan = RunPlanner.Plan(seed, settings.Kinds);
        foreach (string line in plan.Lines())
            output.WriteLine(line);
        if (_fleet?.Settings.IsSame(plan.Settings) == false)
            await LetGoAsync();
        _fleet ??= new Fleet(plan.Settings, DiskBytes);
        if (plan.Faults.Any(fault => fault.Kind == FaultKind.OtherVersion))
            _fleet[NodeNames.OtherVersion].Build = (_otherVersion ??= await OtherBuild.OfAnotherProtocolAsync(cancellationToken)).Path;
        var logs = new NodeLogs(_fleet);
        RunOutcome outcome = await new ChaosRun(plan, _fleet, _files, settings.Patience, new Timeline(output)).RunAsync(cancellationToken);
        _outcomes.Add(outcome);
        output.WriteLine(FormattableString.Invariant(
            $"seed {seed} {(outcome.HasPassed ? "passed" : "FAILED")} in {outcome.Seconds:0.0} s\n"));
        if (outcome.HasPassed)
            return;
        foreach (string line in outcome.Problems.Concat(plan.Lines()).Concat(logs.Tails()))
            output.WriteLine(line);
        output.WriteLine($"the whole logs are in {logs.Keep()}\n");
        await _fleet.DisposeAsync();
        _fleet = null;
    }

    private IEnumerable<string> Summary()
    {
        int[] failed = [.. _outcomes.Where(outcome => !outcome.HasPassed).Select(outcome => outcome.Plan.Seed)];
        PlannedFault[] faults = [.. _outcomes.SelectMany(outcome => outcome.Applied)];
        string[] counts =
        [
            .. Enum.GetValues<FaultKind>().Select(kind => $"{Words(kind)} {faults.Count(fault => fault.Kind == kind)}"),
            $"of these on gateways {faults.Count(fault => NodeNames.IsGateway(fault.Node))}",
        ];
        return
        [
            $"seeds {_outcomes.FirstOrDefault()?.Plan.Seed} to {_outcomes.LastOrDefault()?.Plan.Seed}, "
                + $"{_outcomes.Sum(outcome => outcome.Plan.Jobs.Count)} jobs",
            $"faults: {string.Join(", ", counts)}; removed by their cluster and started again: {_outcomes.Sum(outcome => outcome.Revived)}",
            .. _endProblems,
            string.Create(CultureInfo.InvariantCulture,
                $"{_outcomes.Count} runs, {_outcomes.Count - failed.Length} passed, {failed.Length} "
                    + $"failed{(failed.Length > 0 ? $" (seeds {string.Join(", ", failed)})" : "")}, {_clock.Elapsed.TotalSeconds:0} s in "
                    + $"all"),
        ];
    }

    private static string Words(FaultKind kind) => kind switch
    {
        FaultKind.KillWorkers => "kills of all workers",
        FaultKind.Kill => "kills",
        FaultKind.Stop => "stops",
        FaultKind.Partition => "partitions",
        FaultKind.Delay => "delays",
        FaultKind.Cut => "cuts",
        FaultKind.Join => "joins",
        FaultKind.FullDisk => "full disks",
        FaultKind.Descriptors => "used-up descriptors",
        FaultKind.Truncate => "truncated inputs",
        FaultKind.Removals => "removal storms",
        FaultKind.SlowClients => "slow clients",
        FaultKind.OtherSecret => "other secrets",
        FaultKind.OtherVersion => "other versions",
        FaultKind.Tamper => "tamperings",
        _ => "drains",
    };
}
