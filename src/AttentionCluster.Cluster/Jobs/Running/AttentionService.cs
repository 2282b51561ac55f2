using Akka.Actor;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>The door: takes each job through its steps, in their order, and reports how it ended.</summary>
internal sealed class AttentionService : IAttentionService, IDisposable
{
    /// <summary>How long whoever waits for an answer is kept waiting by a trouble that may pass.</summary>
    private static readonly TimeSpan s_callPatience = TimeSpan.FromSeconds(10);

    private readonly IJobStep[] _steps;
    private readonly JobPlanner _planner;
    private readonly TurnStep _turn;
    private readonly JobJournal? _journal;
    private readonly NodeOptions _options;
    private readonly TimeProvider _clock;

    internal AttentionService(
        IActorRef jobs, JobJournal? journal, WorkerTable workers, TensorStore store, IDataPlane dataPlane,
        MemoryShares shares, NodeOptions options, TimeProvider clock)
    {
        (_journal, _options, _clock) = (journal, options, clock);
        _planner = new JobPlanner(options, clock);
        _turn = new TurnStep(options.JobsRunningMax);
        _steps =
        [
            new HistoryStep(journal, workers, options),
            new AuxiliaryTensorsStep(),
            new PlanStep(_planner),
            new AdmissionStep(workers, shares, options),
            _turn,
            new InputStep(),
            new ResultStep(store),
            new CoordinationStep(jobs, journal, dataPlane, options),
            new CompletionStep(store, shares, options),
        ];
    }

    /// <inheritdoc/>
    public async Task<JobOutcome> RunAsync(JobRequest job, IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    {
        await using var run = new AttentionRun(job, PatienceFor(job), _clock, progress, cancellationToken);
        JobEnding ending = await EndingOfAsync(run).ConfigureAwait(false);
        return new JobOutcome(
            RunReport.Of(run, ending.State), ending.Reason, ending.State == JobState.Succeeded ? run.Result!.Path : null);
    }

    /// <inheritdoc/>
    public Task ForgetAsync(string job) => _journal?.ForgetAsync(job) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        _turn.Dispose();
        _planner.Dispose();
    }

    private async Task<JobEnding> EndingOfAsync(AttentionRun run)
    {
        try
        {
            foreach (IJobStep step in _steps)
            {
                if (await step.RunAsync(run).ConfigureAwait(false) is { } ending)
                    return ending;
            }

            return JobEnding.Succeeded;
        }
        catch (OperationCanceledException)
        {
            return JobEnding.Cancelled;
        }
    }

    /// <summary>A job outlives a trouble of disks as it does one of machines; who waits for a call can send it again.</summary>
    private TimeSpan PatienceFor(JobRequest job) =>
        job.Owner is null && s_callPatience < _options.ProgressTimeout ? s_callPatience : _options.ProgressTimeout;
}
