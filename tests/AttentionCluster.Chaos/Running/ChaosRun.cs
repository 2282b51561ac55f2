using System.Collections.Concurrent;
using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Jobs;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.Chaos.Running;

/// <summary>Carries out a plan on a fleet of real processes, and says what is wrong with the end of it.</summary>
internal sealed class ChaosRun
{
    /// <summary>The exit code of a node that its cluster has removed: whoever runs nodes starts it again.</summary>
    private const int RemovedExitCode = 3;

    /// <summary>How long a cluster may take to become what a plan starts with. What was killed before may first have to be missed and removed.</summary>
    private static readonly TimeSpan s_formingPatience = TimeSpan.FromSeconds(75);

    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_betweenRevivals = TimeSpan.FromMilliseconds(200);

    private readonly RunPlan _plan;
    private readonly Fleet _fleet;
    private readonly WorkFiles _files;
    private readonly TimeSpan _patience;
    private readonly Timeline _timeline;
    private readonly ConcurrentQueue<string> _problems = [];
    private readonly List<PlannedFault> _applied = [];
    private int _revived;

    /// <param name="plan">What is to happen.</param>
    /// <param name="fleet">Where; it is made what the plan starts with.</param>
    /// <param name="files">Inputs, and the right results.</param>
    /// <param name="patience">How long the jobs may take before the run counts as hung.</param>
    /// <param name="timeline">Told of everything.</param>
    public ChaosRun(RunPlan plan, Fleet fleet, WorkFiles files, TimeSpan patience, Timeline timeline) =>
        (_plan, _fleet, _files, _patience, _timeline) = (plan, fleet, files, patience, timeline);

    /// <summary>The job whose progress moments refer to; for those who measure.</summary>
    public HttpJob? First { get; private set; }

    /// <summary>Runs the plan.</summary>
    /// <exception cref="OperationCanceledException">Cancelled: the fleet is as it was then.</exception>
    public async Task<RunOutcome> RunAsync(CancellationToken cancellationToken)
    {
        foreach (PlannedJob job in _plan.Jobs)
            _files.Expected(job.Work);
        var logs = new NodeLogs(_fleet);
        IReadOnlyList<IRunningJob> jobs = [];
        double start = _timeline.Seconds;
        try
        {
            await _fleet.BecomeAsync([.. _plan.Nodes], s_formingPatience, cancellationToken);
            _timeline.Note("the cluster is whole");
            start = _timeline.Seconds;
            jobs = await RunJobsAsync(cancellationToken);
        }
        catch (TimeoutException problem)
        {
            _problems.Enqueue(problem.Message);
        }

        double seconds = _timeline.Seconds - start;
        foreach (string crash in logs.Crashes())
            _problems.Enqueue(crash);
        return new RunOutcome(
            _plan, [.. _problems], [.. jobs.Where(job => job.Report is not null).Select(job => job.Report!.Value)], _applied, _revived, seconds);
    }

    private async Task<IReadOnlyList<IRunningJob>> RunJobsAsync(CancellationToken cancellationToken)
    {
        Uri[] gateways = [.. _plan.Nodes.Where(NodeNames.IsGateway).Select(name => _fleet[name].Place.Http)];
        using var calls = new GatewayCalls(gateways);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_patience);
        var first = new HttpJob(_plan.Jobs[0].Work, _files, calls, _timeline.Note);
        First = first;
        List<IRunningJob> jobs = [first, .. _plan.Jobs.Skip(1).Select(job => Later(job, calls, gateways))];
        Task<IReadOnlyList<string>> firstRun = first.RunAsync(limit.Token);

        using var over = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        Task faults = InjectAsync(first, firstRun, over.Token);
        Task revivals = ReviveAsync(over.Token);
        Task<IReadOnlyList<string>>[] runs =
        [
            firstRun,
            .. jobs.Skip(1).Zip(_plan.Jobs.Skip(1), (job, planned) => RunLaterAsync(job, planned.At, first, firstRun, limit.Token)),
        ];
        try
        {
            foreach ((IRunningJob job, Task<IReadOnlyList<string>> run) in jobs.Zip(runs))
            {
                foreach (string problem in await EndOfAsync(job, run, cancellationToken))
                    _problems.Enqueue(problem);
            }
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(faults, revivals);
        }

        return jobs;
    }

    private IRunningJob Later(PlannedJob job, GatewayCalls calls, IReadOnlyList<Uri> gateways) => job.IsByAttend
        ? new AttendedJob(job.Work, _files, gateways, _timeline.Note)
        : new HttpJob(job.Work, _files, calls, _timeline.Note);

    private static async Task<IReadOnlyList<string>> RunLaterAsync(IRunningJob job, double at, HttpJob first, Task firstRun, CancellationToken cancellationToken)
    {
        await ReachAsync(at, first, firstRun, cancellationToken);
        return await job.RunAsync(cancellationToken);
    }

    /// <summary>A job that has no end within the run's patience is lost or hung, as far as anybody can tell.</summary>
    private async Task<IReadOnlyList<string>> EndOfAsync(IRunningJob job, Task<IReadOnlyList<string>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await run;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [$"{(job.IsAccepted ? "NO END" : "NEVER ACCEPTED")} within {_patience.TotalSeconds} s: {job.Standing}"];
        }
        catch (InvalidOperationException problem)
        {
            return [problem.Message];
        }
    }

    private async Task InjectAsync(HttpJob first, Task firstRun, CancellationToken over)
    {
        await using var injection = new FaultInjection(_fleet, [.. _plan.Nodes.Where(name => !NodeNames.IsGateway(name))], _timeline.Note, _problems.Enqueue);
        try
        {
            foreach (PlannedFault fault in _plan.Faults)
            {
                await ReachAsync(fault.At, first, firstRun, over);
                if (firstRun.IsCompleted)
                    break;
                await injection.ApplyAsync(fault);
                _applied.Add(fault);
            }
        }
        catch (OperationCanceledException)
        {
            // All jobs have ended, or never will.
        }

        foreach (PlannedFault fault in _plan.Faults.Except(_applied))
            _timeline.Note($"not reached: {fault}");

        // What lasts goes on until its time, or until all jobs have ended.
        await Task.Delay(Timeout.Infinite, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReviveAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await _fleet.ReviveAsync(Judge);
            await Task.Delay(s_betweenRevivals, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Judge((FleetNode Node, AttnResult End) ended)
    {
        _revived++;
        _timeline.Note($"{ended.Node.Name} has ended by itself with exit code {ended.End.ExitCode}, and is started again");
        if (ended.End.ExitCode != RemovedExitCode)
            _problems.Enqueue($"{ended.Node.Name} has ended by itself with exit code {ended.End.ExitCode}");
    }

    /// <summary>Waits until the first job is so far, or has ended.</summary>
    private static async Task ReachAsync(double progress, HttpJob first, Task firstRun, CancellationToken cancellationToken)
    {
        while (first.Progress < progress && !firstRun.IsCompleted)
            await Task.Delay(s_betweenLooks, cancellationToken);
    }
}
