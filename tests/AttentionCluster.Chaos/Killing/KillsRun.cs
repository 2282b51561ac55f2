using System.Collections.Concurrent;
using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Jobs;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.Chaos.Running;

namespace AttentionCluster.Chaos.Killing;

/// <summary>
/// Kills gateways that share a data directory, again and again, while clients send, repeat, follow, fetch, cancel and remove jobs: every
/// accepted job must end right, once, and nothing may be left over.
/// </summary>
internal sealed class KillsRun(int seed, int kills, TimeSpan patience, TextWriter output)
{
    private const int Clients = 6, Workers = 2;

    /// <summary>For what the clients have there at a time, beside what a gateway keeps free.</summary>
    private const long DiskBytes = 1L << 30;

    /// <summary>
    /// How long a kill's moment may take to come, and how long no job may get on since the last kill, before it comes anyway.
    /// </summary>
    private static readonly TimeSpan s_momentPatience = TimeSpan.FromSeconds(3), s_stepPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_formingPatience = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(1);

    private readonly Timeline _timeline = new(output);
    private readonly ConcurrentQueue<string> _problems = [];
    private readonly List<Task> _undoings = [];
    private readonly Dictionary<KillMoment, int> _killed = [];
    private int _killedUnready;
    private int _fullDisks;

    /// <summary>Runs it.</summary>
    /// <returns>Whether nothing was wrong.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        NodeSettings settings = NodeSettings.Of(seed);
        output.WriteLine($"seed {seed}: {kills} kills, 2 gateways that share a data directory, {Workers} workers, {Clients} clients; "
            + $"nodes: {settings}");
        using var files = new WorkFiles();
        foreach (JobWork work in KillPlanner.Works)
            files.Expected(work);
        await using var fleet = new Fleet(settings, DiskBytes);
        if (fleet.Disk.WhyNotFilled is { } reason)
            _timeline.Note($"SKIPPED, the disk is not filled: {reason}");
        var logs = new NodeLogs(fleet);
        await fleet.BecomeAsync(
            [.. Enumerable.Range(1, NodeNames.GatewaysMax).Select(NodeNames.Gateway),
                .. Enumerable.Range(1, Workers).Select(NodeNames.Worker)], s_formingPatience, cancellationToken);
        _timeline.Note("the cluster is whole");
        Uri[] gateways = [.. fleet.Gateways.Select(gateway => gateway.Place.Http)];
        KeyedClient[] clients =
            [.. Enumerable.Range(1, Clients)
            .Select(number => new KeyedClient(number, KillPlanner.Submissions(seed, number), files, gateways, Breach))];
        try
        {
            await RunAsync(fleet, clients, cancellationToken);
        }
        finally
        {
            foreach (KeyedClient client in clients)
                client.Dispose();
        }

        foreach (string crash in logs.Crashes())
            _problems.Enqueue(crash);
        if (!_problems.IsEmpty)
            await new Aftermath(fleet).DumpAsync(_problems.Enqueue, cancellationToken);
        foreach (string problem in await fleet.LeaveAsync())
            _problems.Enqueue(problem);
        foreach (string line in Summary(clients, logs))
            output.WriteLine(line);
        return _problems.IsEmpty;
    }

    private async Task RunAsync(Fleet fleet, KeyedClient[] clients, CancellationToken cancellationToken)
    {
        using var noMore = new CancellationTokenSource();
        using var over = new CancellationTokenSource();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task revivals = new Revival(fleet, _timeline.Note, Breach).RunAsync(over.Token);
        Task[] runs = [.. clients.Select(client => RunAsync(client, noMore.Token, limit.Token))];
        try
        {
            foreach (PlannedKill kill in KillPlanner.Kills(seed, kills))
                await KillAsync(kill, fleet, clients, cancellationToken);
            await noMore.CancelAsync();
            await Task.WhenAll(_undoings);
            _timeline.Note(FormattableString.Invariant($"all faults are over: everything has to end within {patience.TotalSeconds:0} s"));
            limit.CancelAfter(patience);
            await Task.WhenAll(runs);
            if (!limit.IsCancellationRequested)
                await CheckAsync(fleet, clients, limit.Token, cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
            await limit.CancelAsync();
            await Task.WhenAll([revivals, .. runs]);
        }
    }

    private async Task RunAsync(KeyedClient client, CancellationToken noMore, CancellationToken limit)
    {
        try
        {
            await client.RunAsync(noMore, limit);
        }
        catch (OperationCanceledException)
        {
            Breach($"NO END within {patience.TotalSeconds:0} s after the last fault: {client.Standing}");
        }
        catch (InvalidOperationException refused)
        {
            Breach($"{client.Standing}: {refused.Message}");
        }
    }

    private async Task KillAsync(PlannedKill kill, Fleet fleet, KeyedClient[] clients, CancellationToken cancellationToken)
    {
        // Gateways that are killed before any job gets on would only show that they start.
        int steps = clients.Sum(client => client.Steps);
        await UntilAsync(() => clients.Sum(client => client.Steps) > steps, s_stepPatience, cancellationToken);
        if (kill.DiskFullSeconds is { } full && fleet.Disk is { WhyNotFilled: null, IsFull: false })
        {
            _fullDisks++;
            fleet.Disk.Fill();
            _undoings.Add(FreeLaterAsync(fleet.Disk, full));
        }

        KeyedClient? caught = null;
        await UntilAsync(() => (caught = clients.FirstOrDefault(client => client.Doing == kill.Moment)) is not null, s_momentPatience,
            cancellationToken);
        await Task.Delay(kill.DelayMs, cancellationToken);
        FleetNode[] targets = [.. Targets(kill, fleet, caught?.Asked)];
        _timeline.Note($"{kill}: {string.Join(" and ", targets.Select(target => target.Name))}; {string.Join(", ", clients.GroupBy(client => client.Doing).Select(doing => $"{doing.Count()} {doing.Key?.ToString() ?? "idle"}"))}");
        if (caught is not null && targets.Length > 0)
            _killed[kill.Moment] = _killed.GetValueOrDefault(kill.Moment) + 1;
        foreach (FleetNode target in targets)
        {
            _killedUnready += target.Process!.Output.Count == 0 ? 1 : 0;
            await target.KillAsync();
            _undoings.Add(StartLaterAsync(target, kill.DownSeconds));
        }
    }

    /// <summary>Those that run; where the one that is meant is down, it is the other one's turn.</summary>
    private static IEnumerable<FleetNode> Targets(PlannedKill kill, Fleet fleet, Uri? asked)
    {
        FleetNode[] running = [.. fleet.Gateways.Where(gateway => gateway.IsRunning)];
        asked ??= fleet[NodeNames.Gateway(1)].Place.Http;
        FleetNode[] meant = [.. running.Where(gateway => kill.Target == KillTarget.Both
            || gateway.Place.Http == asked == (kill.Target == KillTarget.Asked))];
        return meant.Length > 0 ? meant : running.Take(1);
    }

    private static async Task StartLaterAsync(FleetNode node, double seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        node.Start();
    }

    private async Task FreeLaterAsync(GatewayDisk disk, double seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        disk.Free();
        _timeline.Note("the disk has room again");
    }

    private async Task CheckAsync(Fleet fleet, KeyedClient[] clients, CancellationToken limit, CancellationToken cancellationToken)
    {
        try
        {
            foreach (KeyedClient client in clients)
                await client.CompareKeptAsync(limit);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Breach("jobs that had succeeded could not be fetched once more in time");
        }

        try
        {
            foreach (string problem in await new Aftermath(fleet)
                .CheckAsync([.. clients.SelectMany(client => client.Kept)], patience, cancellationToken))
                Breach(problem);
        }
        catch (TimeoutException problem)
        {
            Breach(problem.Message);
        }
    }

    private void Breach(string what)
    {
        _timeline.Note($"BREACH: {what}");
        _problems.Enqueue(what);
    }

    private static async Task UntilAsync(Func<bool> condition, TimeSpan patience, CancellationToken cancellationToken)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!condition() && clock.Elapsed < patience)
            await Task.Delay(s_pollInterval, cancellationToken);
    }

    private IEnumerable<string> Summary(KeyedClient[] clients, NodeLogs logs)
    {
        string moments = string.Join(", ", Enum.GetValues<KillMoment>().Select(moment => $"{_killed.GetValueOrDefault(moment)} in "
            + $"{PlannedKill.Words(moment)}"));
        return
        [
            "",
            .. _problems.IsEmpty ? [] : logs.Tails().Prepend($"the whole logs are in {logs.Keep()}"),
            .. _problems,
            $"{kills} kills: {moments}; {_killedUnready} while a gateway started; the disk was full {_fullDisks} times",
            $"{clients.Sum(client => client.Accepted)} jobs accepted, {clients.Sum(client => client.Right)} ended right, "
                + $"{clients.Sum(client => client.Removed)} removed, {clients.Sum(client => client.Kept.Count())} kept and right again at "
                + $"the end; {clients.Sum(client => client.Repeated)} requests repeated with their keys",
            FormattableString.Invariant(
                $"{(_problems.IsEmpty ? "passed" : $"FAILED: {_problems.Count} lines above")}, {_timeline.Seconds:0} s in all"),
        ];
    }
}
