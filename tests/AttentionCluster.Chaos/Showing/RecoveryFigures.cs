using System.Text.Json;
using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Jobs;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.Chaos.Running;
using AttentionCluster.EndToEnd.Tests.Serve;

namespace AttentionCluster.Chaos.Showing;

/// <summary>How fast a cluster gets over what happens to it: each figure beside the bound that it has to keep.</summary>
internal sealed class RecoveryFigures(JobWork work, TimeSpan patience, TextWriter timelines) : IAsyncDisposable
{
    /// <summary>Seconds; what is promised.</summary>
    private const double IdleMax = 3, ElsewhereMax = 5, NewHomeMax = 20, JoinMax = 10, RestartMax = 10;

    /// <summary>When things happen, and until when workers have to be busy: at a job's end there is not enough work for all.</summary>
    private const double At = 0.3, BusyUntil = 0.9;

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(20);

    private readonly WorkFiles _files = new();
    private Fleet _fleet = new(NodeSettings.Usual);

    /// <summary>Runs the scenarios, one after the other.</summary>
    /// <param name="only">What the titles of those have that shall run.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public async Task<IReadOnlyList<FigureSet>> RunAsync(string only, CancellationToken cancellationToken)
    {
        (string Title, RunPlan Plan, Func<ChaosRun, Task, Task<IReadOnlyList<Figure>>> Watch)[] scenarios =
        [
            ("one of 4 workers killed", Plan(4, FaultKind.Kill, NodeNames.Worker(2), null), WatchOthersAsync),
            ("a worker joins 2", Plan(2, FaultKind.Join, NodeNames.Worker(3), null), WatchJoinedAsync),
            ("the gateway killed and started again", Plan(2, FaultKind.Kill, NodeNames.Gateway(1), 1), WatchRestartAsync),
        ];
        var sets = new List<FigureSet>();
        foreach ((string title, RunPlan plan, Func<ChaosRun, Task, Task<IReadOnlyList<Figure>>> watch) in scenarios.Where(scenario =>
            scenario.Title.Contains(only, StringComparison.Ordinal)))
            sets.Add(await RunAsync(title, plan, watch, cancellationToken));
        return sets;
    }

    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        _files.Dispose();
    }

    private RunPlan Plan(int workers, FaultKind kind, string node, double? seconds) =>
        new(Seed: 0, Gateways: 1, workers, [new PlannedJob(work, 0, IsByAttend: false)], [new PlannedFault(At, kind, node, seconds)],
            NodeSettings.Usual);

    private async Task<FigureSet> RunAsync(
        string scenario, RunPlan plan, Func<ChaosRun, Task, Task<IReadOnlyList<Figure>>> watch, CancellationToken cancellationToken)
    {
        timelines.WriteLine(scenario);
        var run = new ChaosRun(plan, _fleet, _files, patience, new Timeline(timelines));
        Task<RunOutcome> running = run.RunAsync(cancellationToken);
        IReadOnlyList<Figure> seen = await watch(run, running);
        RunOutcome outcome = await running;
        JsonElement? report = outcome.Reports is [JsonElement first, ..] ? first : null;
        var set = new FigureSet(scenario, [.. seen, .. report is { } ended ? OfReportAlone(ended) : []], outcome.Problems, report);
        if (!set.IsGood)
            timelines.WriteLine($"the logs of its nodes are in {new NodeLogs(_fleet).Keep()}");
        if (!outcome.HasPassed)
        {
            await _fleet.DisposeAsync();
            _fleet = new Fleet(NodeSettings.Usual);
        }

        return set;
    }

    private async Task<IReadOnlyList<Figure>> WatchOthersAsync(ChaosRun run, Task running)
    {
        await UntilAsync(() => run.First?.Progress >= At, running);
        var idleness = new WorkerIdleness([.. new[] { 1, 3, 4 }.Select(number => _fleet[NodeNames.Worker(number)])]);
        await idleness.WatchAsync(() => run.First?.Progress >= BusyUntil || running.IsCompleted);
        return [new Figure("longest time that another worker was idle, s", idleness.Longest.Values.DefaultIfEmpty().Max(), IdleMax,
            Figure.Outside)];
    }

    private async Task<IReadOnlyList<Figure>> WatchJoinedAsync(ChaosRun run, Task running)
    {
        FleetNode gateway = _fleet[NodeNames.Gateway(1)];
        FleetNode joined = _fleet[NodeNames.Worker(3)];
        await UntilAsync(() => run.First?.Progress >= At, running);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        double? up = null, computed = null;
        while (computed is null && !running.IsCompleted)
        {
            await Task.Delay(s_pollInterval);
            JsonElement? node = (await _fleet.StatusAsync(gateway, CancellationToken.None))?.GetProperty("nodes").EnumerateArray()
                .Cast<JsonElement?>().FirstOrDefault(node => node!.Value.GetProperty("address").GetString() == joined.Place.Seed);
            if (node is not { } seen)
                continue;
            if (seen.GetProperty("state").GetString() == "up")
                up ??= clock.Elapsed.TotalSeconds;

            // A worker has a speed once it has computed a task.
            JsonElement worker = seen.GetProperty("worker");
            if (up is not null && worker.ValueKind == JsonValueKind.Object
                && worker.GetProperty("gflops").ValueKind == JsonValueKind.Number)
                computed = clock.Elapsed.TotalSeconds;
        }

        return [new Figure("from Up to the end of its first task, s", computed - up, JoinMax, Figure.Outside)];
    }

    private async Task<IReadOnlyList<Figure>> WatchRestartAsync(ChaosRun run, Task running)
    {
        FleetNode gateway = _fleet[NodeNames.Gateway(1)];
        await UntilAsync(() => gateway.IsRunning && run.First?.Progress >= At, running);
        ServeProcess? killed = gateway.Process;
        await UntilAsync(() => !gateway.IsWanted, running);
        if (run.First is not { } job)
            return [];
        int before = job.TasksDone;
        await UntilAsync(() => gateway.Process != killed, running);
        if (running.IsCompleted)
            return [new Figure("from ready to the first progress, s", null, RestartMax, Figure.Outside)];
        await gateway.Process!.WaitForReadyAsync();
        var clock = System.Diagnostics.Stopwatch.StartNew();

        // It goes on with what was journaled, which is less than what was done; the first task beyond that is progress.
        await UntilAsync(() => job.TasksDone > 0 && job.TasksDone != before, running);
        int restored = Math.Min(job.TasksDone, before);
        await UntilAsync(() => job.TasksDone > restored, running);
        return [new Figure("from ready to the first progress, s", running.IsCompleted && job.Report is null ? null
            : clock.Elapsed.TotalSeconds, RestartMax, Figure.Outside)];
    }

    /// <summary>
    /// What the report says of workers that were lost, from when nothing more was heard of them, and of those that joined.
    /// </summary>
    private static IEnumerable<Figure> OfReportAlone(JsonElement report)
    {
        foreach (JsonElement lost in List(report, "workers_lost"))
        {
            double? silent = Number(lost, "silent_seconds");
            string name = lost.GetProperty("name").GetString()!;
            yield return new Figure("longest time that another worker had no task, s", Number(report, "longest_idle_seconds"), IdleMax,
                Figure.OfReport);
            yield return new Figure($"until a task of {name} was sent elsewhere, s", silent + Number(lost, "first_task_elsewhere_seconds"),
                ElsewhereMax, Figure.OfReport);
            yield return new Figure($"until all segments of {name} had a new home, s", silent + Number(lost, "new_home_seconds"),
                NewHomeMax, Figure.OfReport);
            yield return new Figure("tiles computed again", Number(report, "tiles_recomputed"),
                TilesOf(report, Number(lost, "recomputed_tasks") ?? 0), Figure.OfReport);
        }

        foreach (JsonElement joined in List(report, "workers_joined"))
            yield return new Figure("from Up to the start of its first task, s", Number(joined, "first_task_seconds"), JoinMax,
                Figure.OfReport);
    }

    /// <summary>The tiles of so many of the largest tasks: what can have been under way at a worker.</summary>
    private static double TilesOf(JsonElement report, double tasks) =>
        Math.Ceiling(2 * tasks * report.GetProperty("tiles_computed").GetDouble() / report.GetProperty("tasks").GetDouble());

    private static JsonElement[] List(JsonElement report, string name) =>
        report.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray()] : [];

    private static double? Number(JsonElement of, string name) =>
        of.TryGetProperty(name, out JsonElement number) && number.ValueKind == JsonValueKind.Number ? number.GetDouble() : null;

    private static async Task UntilAsync(Func<bool> condition, Task running)
    {
        while (!condition() && !running.IsCompleted)
            await Task.Delay(s_pollInterval);
    }
}
