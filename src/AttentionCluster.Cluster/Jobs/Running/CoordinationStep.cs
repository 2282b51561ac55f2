using Akka.Actor;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Jobs.Reduction;
using AttentionCluster.Cluster.Jobs.Verification;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>Has the job computed, and its input looked through meanwhile.</summary>
/// <param name="jobs">The <see cref="JobsSupervisor"/>.</param>
/// <param name="journal">For jobs that have an owner; null on a gateway without one.</param>
/// <param name="dataPlane">Where partials come from.</param>
/// <param name="options">The node.</param>
internal sealed class CoordinationStep(
    IActorRef jobs, JobJournal? journal, IDataPlane dataPlane, NodeOptions options) : IJobStep
{
    /// <summary>A coordinator that is told to end, and does not, is waited for no longer: its job ends without it.</summary>
    private static readonly TimeSpan s_cancelPatience = TimeSpan.FromSeconds(15);

    public async Task<JobEnding?> RunAsync(AttentionRun run)
    {
        JobRequest job = run.Request;
        run.Scan = InputScan.Start(job, run.Plan!, run.Patience, run.Clock, run.CancellationToken);
#pragma warning disable CA2000 // Not while its memory may be in use; what is left then goes with the finalizers.
        var assembly = new BlockAssembly(run.Plan!, dataPlane, run.Result!) { WritePatience = run.Patience };
#pragma warning restore CA2000
        JobEnd end = await CoordinateAsync(run, assembly).ConfigureAwait(false);
        if (end.IsIdle)
            assembly.Dispose();
        run.BytesPulled = assembly.BytesPulled;
        run.Watch.Computed(end.Tally);
        return end.State switch
        {
            JobState.Succeeded => null,
            JobState.Failed => new JobEnding(JobState.Failed, InputFailure.Shortened(job, end.Reason) ?? end.Reason),
            _ => new JobEnding(end.State, end.Reason),
        };
    }

    private async Task<JobEnd> CoordinateAsync(AttentionRun run, BlockAssembly assembly)
    {
        (JobRequest job, AttentionPlan plan) = (run.Request, run.Plan!);
        var end = new TaskCompletionSource<JobEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        var limits = new JobLimits(MemoryShares.TasksInFlightMax, run.PartialsMax) { ProgressTimeout = options.ProgressTimeout };
        long segmentBytes = MemoryShares.SegmentBytes(plan, job.Key.Entry.Type, job.Value.Entry.Type);
        var work = new JobRun(job, plan, segmentBytes, limits, dataPlane, assembly, run.Clock, run.Progress, end);
        if (job.Owner is not { } owner || journal is null)
        {
            jobs.Tell(new JobsSupervisor.Start(work));
            return await EndOfAsync(end, () => jobs.Tell(new JobsSupervisor.Cancel(job.Id)), run).ConfigureAwait(false);
        }

        string NameUnder(string coordinator) => $"{job.Id}.{coordinator}";
        work = work with
        {
            Name = NameUnder(owner),
            FormerNames = [.. run.History.Owners.Select(NameUnder)],
            BlocksDone = [.. run.History.Blocks.Blocks],
        };
        journal.Run(owner, work, run.IsAnew);
        JobEnd ended = await EndOfAsync(end, () => journal.Cancel(job.Id), run).ConfigureAwait(false);
        if (ended.State == JobState.Cancelled)
            await journal.SettleAsync(job.Id).ConfigureAwait(false);
        return ended;
    }

    private static async Task<JobEnd> EndOfAsync(TaskCompletionSource<JobEnd> end, Action cancel, AttentionRun run)
    {
        await using (run.CancellationToken.Register(cancel))
        {
            try
            {
                return await end.Task.WaitAsync(run.CancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // It has been told.
            }

            try
            {
                return await end.Task.WaitAsync(s_cancelPatience, run.Clock, CancellationToken.None).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                end.TrySetResult(new JobEnd(JobState.Cancelled, null, JobTally.Nothing, IsIdle: false));
                return await end.Task.ConfigureAwait(false);
            }
        }
    }
}
