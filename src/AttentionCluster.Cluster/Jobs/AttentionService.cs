using Akka.Actor;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Reports;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>The door: checks a job, waits for its turn, has it coordinated, and reports.</summary>
internal sealed class AttentionService(
    IActorRef jobs, WorkerTable workers, TensorStore store, IDataPlane dataPlane, TensorHolders holders, MemoryShares shares, NodeOptions options,
    TimeProvider clock)
    : IAttentionService, IDisposable
{
    /// <summary>So many jobs run at a time: each has its part of the memory for partials.</summary>
    private readonly SemaphoreSlim _turn = new(options.JobsRunningMax, options.JobsRunningMax);

    /// <inheritdoc/>
    public async Task<JobOutcome> RunAsync(JobRequest job, IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    {
        var watch = new JobWatch(clock);
        AttentionShape? shape = AttentionShape.Create(job.Query.Shape, job.Key.Shape, job.Value.Shape, out Refusal? refusal);
        AttentionPlan? plan = shape is null ? null : AttentionPlan.Create(shape, WithKernelOfAll(job.Options), out refusal);
        int partialsMax = plan is null ? 0 : PartialsMax(job, plan, out refusal);
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
            return await RunNowAsync(job, plan!, partialsMax, watch, progress, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    /// <summary>In a mixed fleet a job takes the fastest path that all workers have, so that all can help.</summary>
    private AttentionOptions WithKernelOfAll(AttentionOptions chosen)
    {
        ICollection<WorkerDescription> known = [.. workers.Workers.Values];
        return chosen.Kernel != KernelPath.Auto ? chosen : chosen with
        {
            Kernel = KernelPaths.All.First(path => KernelPaths.IsSupported(path) && known.All(worker => worker.Kernels.Contains((int)path))),
        };
    }

    /// <summary>Partials that memory allows here, if it allows one task at some worker.</summary>
    private int PartialsMax(JobRequest job, AttentionPlan plan, out Refusal? refusal)
    {
        int partials = shares.PartialsAtGateway(plan, options.JobsRunningMax, out refusal);
        if (refusal is not null)
            return 0;
        var known = workers.Workers.Values.Select(worker => (Shares: MemoryShares.Of(worker), worker.Threads)).ToList();
        if (known.Count == 0 && options.Roles.HasFlag(NodeRoles.Worker))
            known.Add((shares, options.Threads));
        foreach ((MemoryShares worker, int threads) in known)
        {
            if (worker.TasksAtWorker(plan, job.Key.Entry.Type, job.Value.Entry.Type, threads, out refusal) > 0)
                break;
        }

        return refusal is null ? partials : 0;
    }

    private async Task<JobOutcome> RunNowAsync(
        JobRequest job, AttentionPlan plan, int partialsMax, JobWatch watch, IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    {
        ResultFile result;
        try
        {
            result = store.CreateResult(job.Id, plan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Ended(Report(job, plan, watch, JobState.Failed), new Refusal("result-not-writable", $"the result of job {job.Id} ({ResultFile.ByteLengthOf(plan)} bytes) can't be created: {e.Message}"));
        }

        using (result)
        {
#pragma warning disable CA2000 // Not while its memory may be in use; what is left then goes with the finalizers.
            var assembly = new BlockAssembly(plan, dataPlane, result);
#pragma warning restore CA2000
            JobReport Build(JobState outcome) =>
                Report(job, plan, watch, outcome) with { BytesMoved = assembly.BytesPulled + (watch.Tally?.BytesReceived ?? 0) };

            JobEnd end = await CoordinateAsync(job, plan, partialsMax, assembly, progress, cancellationToken).ConfigureAwait(false);
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
                if (verification is { Ok: false })
                    report = await NameWrongWorkersAsync(report, job, plan, end.Tally, verification, cancellationToken).ConfigureAwait(false);
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

    private async Task<JobReport> NameWrongWorkersAsync(
        JobReport report, JobRequest job, AttentionPlan plan, JobTally tally, Verification verification, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> wrong = await new ArithmeticCheck(store, shares, options, clock)
            .FindAsync(job, plan, tally.Origins, verification.WrongRows, cancellationToken).ConfigureAwait(false);
        string warning = wrong.Count > 0
            ? $"the result is wrong, because these workers computed other bits than this node does: {string.Join(", ", wrong)}; take them out of the cluster ('attn drain'), and run the job again"
            : $"the result is wrong at {verification.WorstRow}, and this node computes the same bits as its workers: the inputs have changed since, or this is a defect";
        return report with { WorkersWrong = wrong, Warnings = [.. report.Warnings, warning] };
    }

    private async Task<JobEnd> CoordinateAsync(
        JobRequest job, AttentionPlan plan, int partialsMax, BlockAssembly assembly, IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    {
        var end = new TaskCompletionSource<JobEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        var limits = new JobLimits(MemoryShares.TasksInFlightMax, partialsMax) { ProgressTimeout = options.ProgressTimeout };
        long segmentBytes = MemoryShares.SegmentBytes(plan, job.Key.Entry.Type, job.Value.Entry.Type);
        jobs.Tell(new JobsSupervisor.Start(new JobRun(job, plan, segmentBytes, limits, dataPlane, holders, assembly, clock, progress, end)));
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
        TilesRecomputed = watch.Tally?.TilesRecomputed ?? 0,
        WorkersLost = watch.Tally?.WorkersLost ?? [],
        WorkersJoined = watch.Tally?.WorkersJoined ?? [],
        LongestIdleSeconds = watch.Tally?.LongestIdle.TotalSeconds ?? 0,
        BytesMoved = 0,
        Workers = [.. (watch.Tally?.Workers.Keys ?? []).Order(StringComparer.Ordinal)],
        Threads = watch.Tally?.Workers.Values.Sum() ?? 0,
        Kernel = plan?.Kernel.ToString().ToLowerInvariant() ?? "",
        KeysPerSegment = plan?.KeysPerSegment ?? 0,
        RowsPerBlock = plan?.RowsPerBlock ?? 0,
    };

    private static JobOutcome Ended(JobReport report, Refusal? reason) => new(report, reason, null);
}
