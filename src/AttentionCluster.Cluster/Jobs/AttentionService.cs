using Akka.Actor;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Reports;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>The door: checks a job, waits for its turn, has it coordinated, and reports.</summary>
internal sealed class AttentionService(
    IActorRef jobs, TensorStore store, IDataPlane dataPlane, MemoryShares shares, NodeOptions options, TimeProvider clock)
    : IAttentionService, IDisposable
{
    /// <summary>Jobs run one after the other: each takes the whole node, and the memory shares are checked for one.</summary>
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <inheritdoc/>
    public async Task<JobOutcome> RunAsync(JobRequest job, IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    {
        var watch = new JobWatch(clock);
        AttentionShape? shape = AttentionShape.Create(job.Query.Shape, job.Key.Shape, job.Value.Shape, out Refusal? refusal);
        AttentionPlan? plan = shape is null ? null : AttentionPlan.Create(shape, job.Options, out refusal);
        int tasksInFlight = plan is null ? 0 : shares.TasksInFlight(plan, job.Key.Entry.Type, job.Value.Entry.Type, options.Threads, out refusal);
        if (refusal is not null)
            return Ended(Report(job, plan, watch, JobState.Failed), refusal);

        try
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Ended(Report(job, plan, watch, JobState.Cancelled), null);
        }

        try
        {
            watch.Started();
            return await RunNowAsync(job, plan!, tasksInFlight, watch, progress, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task<JobOutcome> RunNowAsync(
        JobRequest job, AttentionPlan plan, int tasksInFlight, JobWatch watch, IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    {
        long bytesBefore = dataPlane.BytesReceived;
        JobReport Build(JobState outcome) => Report(job, plan, watch, outcome) with { BytesMoved = dataPlane.BytesReceived - bytesBefore };

        ResultFile result;
        try
        {
            result = store.CreateResult(job.Id, plan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Ended(Build(JobState.Failed), new Refusal("result-not-writable", $"the result of job {job.Id} ({ResultFile.ByteLengthOf(plan)} bytes) can't be created: {e.Message}"));
        }

        using (result)
        {
#pragma warning disable CA2000 // Not while its memory may be in use; what is left then goes with the finalizers.
            var assembly = new BlockAssembly(plan, dataPlane, result);
#pragma warning restore CA2000
            JobEnd end = await CoordinateAsync(job, plan, tasksInFlight, assembly, progress, cancellationToken).ConfigureAwait(false);
            if (end.IsIdle)
                assembly.Dispose();
            watch.Computed(end.Tally);
            if (end.State != JobState.Succeeded)
                return Ended(Build(end.State), end.Reason);
            try
            {
                (string output, string? lse) = await Task.Run(() => result.Complete(cancellationToken), cancellationToken).ConfigureAwait(false);
                Verification? verification = job.Options.VerifyRows == 0 ? null : await Task
                    .Run(() => JobVerification.Check(job, plan, result.Path, options.Threads, cancellationToken), cancellationToken)
                    .ConfigureAwait(false);
                JobReport report = Build(JobState.Succeeded) with { OutputSha256 = output, LseSha256 = lse, Verify = verification };
                return new JobOutcome(report, null, result.Path);
            }
            catch (OperationCanceledException)
            {
                File.Delete(result.Path);
                return Ended(Build(JobState.Cancelled), null);
            }
            catch (IOException e)
            {
                return Ended(Build(JobState.Failed), new Refusal("result-not-writable", $"the result of job {job.Id} can't be completed: {e.Message}"));
            }
        }
    }

    private async Task<JobEnd> CoordinateAsync(
        JobRequest job, AttentionPlan plan, int tasksInFlight, BlockAssembly assembly, IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    {
        var end = new TaskCompletionSource<JobEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        var limits = new JobLimits(tasksInFlight, tasksInFlight);
        jobs.Tell(new JobsSupervisor.Start(new JobRun(job, plan, limits, dataPlane, assembly, clock, progress, end)));
        await using (cancellationToken.Register(() => jobs.Tell(new JobsSupervisor.Cancel(job.Id))))
            return await end.Task.ConfigureAwait(false);
    }

    private static JobReport Report(JobRequest job, AttentionPlan? plan, JobWatch watch, JobState outcome) => new()
    {
        Id = job.Id,
        State = outcome,
        Seconds = watch.Seconds(),
        Flops = plan?.Flops ?? 0,
        Gflops = outcome == JobState.Succeeded ? watch.Gflops(plan!.Flops) : 0,
        IdealFraction = watch.IdealFraction(),
        TilesComputed = plan?.TilesComputed ?? 0,
        TilesSkipped = plan?.TilesSkipped ?? 0,
        Tasks = plan?.TaskCount ?? 0,
        Retries = watch.Tally?.Retries ?? 0,
        BytesMoved = 0,
        Workers = [.. (watch.Tally?.Workers.Keys ?? []).Order(StringComparer.Ordinal)],
        Threads = watch.Tally?.Workers.Values.Sum() ?? 0,
        Kernel = plan?.Kernel.ToString().ToLowerInvariant() ?? "",
        KeysPerSegment = plan?.KeysPerSegment ?? 0,
        RowsPerBlock = plan?.RowsPerBlock ?? 0,
    };

    private static JobOutcome Ended(JobReport report, Refusal? reason) => new(report, reason, null);
}
