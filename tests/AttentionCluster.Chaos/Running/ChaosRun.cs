using System.Collections.Concurrent;
using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Jobs;
using AttentionCluster.Chaos.Planning;

namespace AttentionCluster.Chaos.Running;

/// <summary>
/// Carries out a plan on a fleet of real processes, and says what is wrong with the end of it. First jobs and faults; then liveness: all
/// faults are undone, and from then on everything that was sent has to end in a bounded time, and to leave nothing behind.
/// </summary>
internal sealed class ChaosRun
{
    /// <summary>
    /// How long a cluster may take to become what a plan starts with. What was killed before may first have to be missed and removed.
    /// </summary>
    private static readonly TimeSpan s_formingPatience = TimeSpan.FromSeconds(75);

    /// <summary>Faults are over after so long, even when the first job does not get as far as their moments.</summary>
    private static readonly TimeSpan s_faultsMax = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(10);

    private readonly RunPlan _plan;
    private readonly Fleet _fleet;
    private readonly WorkFiles _files;
    private readonly TimeSpan _patience;
    private readonly Timeline _timeline;
    private readonly ConcurrentQueue<string> _problems = [];
    private readonly List<PlannedFault> _applied = [];
    private readonly Revival _revival;

    /// <param name="plan">What is to happen.</param>
    /// <param name="fleet">Where; it is made what the plan starts with.</param>
    /// <param name="files">Inputs, and the right results.</param>
    /// <param name="patience">How long the jobs may take after the last fault before the run counts as hung.</param>
    /// <param name="timeline">Told of everything.</param>
    public ChaosRun(RunPlan plan, Fleet fleet, WorkFiles files, TimeSpan patience, Timeline timeline)
    {
        (_plan, _fleet, _files, _patience, _timeline) = (plan, fleet, files, patience, timeline);
        _revival = new Revival(fleet, timeline.Note, _problems.Enqueue);
    }

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
        double seconds = 0;
        try
        {
            await _fleet.BecomeAsync([.. _plan.Nodes], s_formingPatience, cancellationToken);
            _timeline.Note("the cluster is whole");
            start = _timeline.Seconds;
            jobs = await RunJobsAsync(cancellationToken);
            seconds = _timeline.Seconds - start;
            if (_problems.IsEmpty)
                await CheckAftermathAsync(jobs, cancellationToken);
        }
        catch (TimeoutException problem)
        {
            _problems.Enqueue(problem.Message);
        }

        foreach (string crash in logs.Crashes())
            _problems.Enqueue(crash);
        if (!_problems.IsEmpty)
            await new Aftermath(_fleet).DumpAsync(_problems.Enqueue, cancellationToken);
        return new RunOutcome(
            _plan, [.. _problems], [.. jobs.Where(job => job.Report is not null).Select(job => job.Report!.Value)], _applied,
                _revival.Count, seconds);
    }

    private async Task<IReadOnlyList<IRunningJob>> RunJobsAsync(CancellationToken cancellationToken)
    {
        Uri[] gateways = [.. _plan.Nodes.Where(NodeNames.IsGateway).Select(name => _fleet[name].Place.Http)];
        using var calls = new GatewayCalls(gateways);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        IRunningJob[] jobs = [.. _plan.Jobs.Select(job => JobOf(job, calls, gateways))];
        var first = (HttpJob)jobs[0];
        First = first;
        Task<IReadOnlyList<string>> firstRun = first.RunAsync(limit.Token);
        Task<IReadOnlyList<string>>[] runs =
        [
            firstRun,
            .. jobs.Skip(1).Zip(_plan.Jobs.Skip(1), (job, planned) => RunLaterAsync(job, planned.At, first, firstRun, limit.Token)),
        ];
        using var over = new CancellationTokenSource();
        Task revivals = _revival.RunAsync(over.Token);
        var jobFaults = new JobFaults(_fleet, jobs, new RemovalStorm(_files, calls, _timeline.Note), _timeline.Note, limit.Token);
        try
        {
            await InjectAsync(jobFaults, first, firstRun, Task.WhenAll(runs), cancellationToken);

            // Nothing is wrong with the cluster any more: what has not ended in time never will.
            limit.CancelAfter(_patience);
            foreach ((IRunningJob job, Task<IReadOnlyList<string>> run) in jobs.Zip(runs))
            {
                foreach (string problem in await EndOfAsync(job, run, cancellationToken))
                    _problems.Enqueue(problem);
            }

            foreach (string problem in await jobFaults.EndAsync())
                _problems.Enqueue(problem);
        }
        finally
        {
            await over.CancelAsync();
            await revivals;
        }

        return jobs;
    }

    private IRunningJob JobOf(PlannedJob job, GatewayCalls calls, IReadOnlyList<Uri> gateways) => job.IsByAttend
        ? new AttendedJob(job.Work, _files, gateways, _timeline.Note)
        : new HttpJob(job.Work, _files, calls, _timeline.Note, job.MayBeDamaged);

    private static async Task<IReadOnlyList<string>> RunLaterAsync(IRunningJob job, double at, HttpJob first, Task firstRun,
        CancellationToken cancellationToken)
    {
        await ReachAsync(at, first, firstRun, cancellationToken);
        return await job.RunAsync(cancellationToken);
    }

    /// <summary>A job that has no end within the run's patience is lost or hung, as far as anybody can tell.</summary>
    private async Task<IReadOnlyList<string>> EndOfAsync(IRunningJob job, Task<IReadOnlyList<string>> run,
        CancellationToken cancellationToken)
    {
        try
        {
            return await run;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [$"NO END within {_patience.TotalSeconds} s after the last fault: {job.Standing}"];
        }
        catch (InvalidOperationException problem)
        {
            return [problem.Message];
        }
    }

    /// <summary>Ends when every fault has been and is undone, or all jobs have ended.</summary>
    private async Task InjectAsync(JobFaults jobFaults, HttpJob first, Task firstRun, Task allRuns, CancellationToken cancellationToken)
    {
        await using (var injection = new FaultInjection(_fleet, [.. _plan.Nodes.Where(name => !NodeNames.IsGateway(name))], jobFaults,
            _timeline.Note, _problems.Enqueue))
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            over.CancelAfter(s_faultsMax);
            try
            {
                foreach (PlannedFault fault in _plan.Faults)
                {
                    await ReachAsync(fault.At, first, firstRun, over.Token);
                    if (firstRun.IsCompleted)
                        break;
                    await injection.ApplyAsync(fault);
                    _applied.Add(fault);
                }

                await Task.WhenAny(allRuns, injection.AllUndoneAsync(over.Token));
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                _timeline.Note("the first job does not get on, and the faults end here");
            }

            foreach (PlannedFault fault in _plan.Faults.Except(_applied))
                _timeline.Note($"not reached: {fault}");
        }

        _timeline.Note(FormattableString.Invariant($"all faults are over: everything has to end within {_patience.TotalSeconds:0} s"));
    }

    private async Task CheckAftermathAsync(IReadOnlyList<IRunningJob> jobs, CancellationToken cancellationToken)
    {
        foreach (string problem in await new Aftermath(_fleet)
            .CheckAsync([.. jobs.Select(job => job.Id).OfType<string>()], _patience, cancellationToken))
            _problems.Enqueue(problem);
        _timeline.Note("the cluster serves, and nothing is left over");
    }

    /// <summary>Waits until the first job is so far, or has ended.</summary>
    private static async Task ReachAsync(double progress, HttpJob first, Task firstRun, CancellationToken cancellationToken)
    {
        while (first.Progress < progress && !firstRun.IsCompleted)
            await Task.Delay(s_pollInterval, cancellationToken);
    }
}
