using System.Text.Json;
using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Jobs;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.Chaos.Running;

namespace AttentionCluster.Chaos.Showing;

/// <summary>The same job on clusters of every size, and through everything that can happen to one: one hash for all.</summary>
internal sealed class InvarianceTable(JobWork work, TimeSpan patience, TextWriter timelines) : IAsyncDisposable
{
    /// <summary>A worker that everybody has lost sight of for so long has missed many heartbeats, and deadlines of tasks.</summary>
    private const double PartitionSeconds = 20;

    /// <summary>How long a process stays dead that is started again.</summary>
    private const double DeadSeconds = 1;

    /// <summary>Longer than the job takes.</summary>
    private const double TamperedSeconds = 600;

    private readonly WorkFiles _files = new();
    private Fleet _fleet = new(NodeSettings.Usual);

    /// <summary>Runs the rows whose title contains a text.</summary>
    public async Task<IReadOnlyList<InvarianceRow>> RunAsync(string titlePart, CancellationToken cancellationToken)
    {
        var rows = new List<InvarianceRow>();
        foreach ((string title, RunPlan plan) in Scenarios()
            .Where(scenario => scenario.Title.Contains(titlePart, StringComparison.OrdinalIgnoreCase)))
        {
            timelines.WriteLine(title);
            RunOutcome outcome = await new ChaosRun(plan, _fleet, _files, patience, new Timeline(timelines)).RunAsync(cancellationToken);
            rows.Add(RowOf(title, outcome));
            if (outcome.HasPassed)
                continue;
            timelines.WriteLine($"the nodes' logs are in {new NodeLogs(_fleet).Keep()}");
            await _fleet.DisposeAsync();
            _fleet = new Fleet(NodeSettings.Usual);
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        _files.Dispose();
    }

    private IEnumerable<(string Title, RunPlan Plan)> Scenarios()
    {
        foreach (int workers in new[] { 1, 2, 3, 5, 8 })
            yield return ($"{workers} {(workers == 1 ? "worker" : "workers")}", Plan(1, workers));
        yield return ("one of 4 workers killed at 30 %, another at 60 %",
            Plan(1, 4, new PlannedFault(0.3, FaultKind.Kill, NodeNames.Worker(2), null),
                new PlannedFault(0.6, FaultKind.Kill, NodeNames.Worker(4), null)));
        yield return ("all 4 workers killed at 50 %, new ones started",
            Plan(1, 4, new PlannedFault(0.5, FaultKind.KillWorkers, NodeNames.AllWorkers, DeadSeconds)));
        yield return ("a worker joins 2 at 50 %", Plan(1, 2, new PlannedFault(0.5, FaultKind.Join, NodeNames.Worker(3), null)));
        yield return ("the gateway killed at 40 %, started again",
            Plan(1, 2, new PlannedFault(0.4, FaultKind.Kill, NodeNames.Gateway(1), DeadSeconds)));
        yield return ("a gateway killed at 40 %, the other takes over",
            Plan(2, 2, new PlannedFault(0.4, FaultKind.Kill, NodeNames.Gateway(1), null)));
        yield return ("a worker of 3 cut off for 20 s at 20 %",
            Plan(1, 3, new PlannedFault(0.2, FaultKind.Partition, NodeNames.Worker(2), PartitionSeconds)));
        yield return ("bits of tensors changed between 2 workers and their gateway, all the time",
            Plan(1, 2, new PlannedFault(0, FaultKind.Tamper, NodeNames.Gateway(1), TamperedSeconds)));
    }

    private RunPlan Plan(int gateways, int workers, params PlannedFault[] faults) =>
        new(Seed: 0, gateways, workers, [new PlannedJob(work, 0, IsByAttend: false)], faults, NodeSettings.Usual);

    private static InvarianceRow RowOf(string title, RunOutcome outcome)
    {
        JsonElement? report = outcome.Reports is [JsonElement first, ..] ? first : null;
        ResultHashes? hashes = report is { } ended ? ResultHashes.OfReport(ended) : null;
        return new InvarianceRow(
            title, hashes?.Output, hashes?.Lse, outcome.Seconds, report?.GetProperty("retries").GetInt32(), outcome.Applied.Count,
                outcome.Problems);
    }
}
