using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Reports;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>The door: checks a job, waits for its turn, has it coordinated, and reports.</summary>
internal sealed class AttentionService(
    IActorRef jobs, JobJournal? journal, WorkerTable workers, TensorStore store, IDataPlane dataPlane, TensorHolders holders, MemoryShares shares,
    NodeOptions options, TimeProvider clock)
    : IAttentionService, IDisposable
{
    /// <summary>How often a job that outlives its gateway looks for the first worker; it may be there long before them.</summary>
    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(50);

    /// <summary>How long whoever waits for an answer is kept waiting by a trouble that may pass.</summary>
    private static readonly TimeSpan s_callPatience = TimeSpan.FromSeconds(10);

    /// <summary>A coordinator that is told to end, and does not, is waited for no longer: its job ends without it.</summary>
    private static readonly TimeSpan s_cancelPatience = TimeSpan.FromSeconds(15);

    /// <summary>So many jobs run at a time: each has its part of the memory for partials.</summary>
    private readonly SemaphoreSlim _turn = new(options.JobsRunningMax, options.JobsRunningMax);

    private readonly JobPlanner _planner = new(options, clock);

    /// <inheritdoc/>
    public async Task<JobOutcome> RunAsync(JobRequest job, IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    {
        var watch = new JobWatch(clock);
        JobHistory? known;
        try
        {
            known = await HistoryAsync(job, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Ended(Report(job, null, watch, JobHistory.None, JobState.Cancelled), null);
        }

        // What can't be known of a job is computed again; the journal will say so when it can be written.
        JobHistory history = known ?? JobHistory.None;
        if (history.BeginningsInVain >= JobLimits.BeginningsMax)
            return Ended(Report(job, null, watch, history, JobState.Failed), CrashLoop(job, history));

        if (history.WhyNotResumed(job.Id) is { } version)
            return Ended(Report(job, null, watch, JobHistory.None, JobState.Failed), version);

        AttentionShape? shape = AttentionShape.Create(job.Query.Shape, job.Key.Shape, job.Value.Shape, out Refusal? refusal);
        AttentionOptions resolved = Resolve(job, history);
        SideTensors? side = null;
        try
        {
            if (shape is not null)
                (side, refusal) = await RetryAsync(job, () => (job.Side.Open(shape, resolved, out Refusal? reason, cancellationToken), reason), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Ended(Report(job, null, watch, history, JobState.Cancelled), null);
        }
        catch (IOException problem)
        {
            refusal = InputTrouble.Of(job.Id, problem);
        }

        using SideTensors? open = side;
        AttentionPlan? plan = null;
        try
        {
            if (side is not null)
                (plan, refusal) = await _planner.PlanAsync(job, shape!, resolved, side, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Ended(Report(job, null, watch, history, JobState.Cancelled), null);
        }
        catch (IOException problem)
        {
            refusal = InputTrouble.Of(job.Id, problem);
        }

        int partialsMax = plan is null ? 0 : PartialsMax(job, plan, out refusal);
        refusal ??= plan is null ? null : history.WhyNotResumed(job.Id, plan) ?? WhyNotComputed(plan);
        if (refusal is not null)
            return Ended(Report(job, plan, watch, history, JobState.Failed), refusal);

        try
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Ended(Report(job, plan, watch, history, JobState.Cancelled), null);
        }

        try
        {
            watch.Started();
            return await RunNowAsync(job, plan!, history, isAnew: known is null, partialsMax, watch, progress, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task PrepareAsync(string owner, CancellationToken cancellationToken)
    {
        if (journal is null)
            return;
        try
        {
            await WaitForWorkerAsync(cancellationToken).ConfigureAwait(false);
            await journal.PrepareAsync(owner, options.ProgressTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <inheritdoc/>
    public Task ForgetAsync(string owner, string job) => journal?.ForgetAsync(owner, job) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        _turn.Dispose();
        _planner.Dispose();
    }

    /// <summary>What was done of a job before, and when there was no need to know it, nothing. Null when it can't be known.</summary>
    private async Task<JobHistory?> HistoryAsync(JobRequest job, CancellationToken cancellationToken)
    {
        if (job.Owner is null || journal is null)
            return JobHistory.None;

        // Until then nothing could be done, and the time that a job may go without progress would run.
        await WaitForWorkerAsync(cancellationToken).ConfigureAwait(false);
        return job.IsNew
            ? JobHistory.None
            : await journal.OpenAsync(job.Owner, job.Id, options.ProgressTimeout, cancellationToken).ConfigureAwait(false);
    }

    private static Refusal CrashLoop(JobRequest job, JobHistory history) => new(
        "crash-loop",
        string.Create(CultureInfo.InvariantCulture, $"the last {history.BeginningsInVain} processes that computed job {job.Id} died before a block of it was done, and it may be why; look at their logs and their memory, and send a smaller job"));

    /// <summary>A job outlives a trouble of disks as it does one of machines; who waits for a call can send it again.</summary>
    private TimeSpan PatienceFor(JobRequest job) => job.Owner is null && s_callPatience < options.ProgressTimeout ? s_callPatience : options.ProgressTimeout;

    private Task<T> RetryAsync<T>(JobRequest job, Func<T> work, CancellationToken cancellationToken) =>
        PassingTrouble.RetryAsync(work, PatienceFor(job), clock, cancellationToken);

    private async Task WaitForWorkerAsync(CancellationToken cancellationToken)
    {
        while (workers.Workers.IsEmpty)
            await Task.Delay(s_betweenLooks, clock, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A job that was begun goes on as it was planned; its rows would not fit together otherwise.</summary>
    private static AttentionOptions Resolve(JobRequest job, JobHistory history) =>
        history.Blocks.Count > 0 && RecordedOptions.Read(history.Options, out _) is { } begun
            ? begun with { WithLse = job.Options.WithLse, VerifyRows = job.Options.VerifyRows }
            : job.Options.WithOutputFor(job.Query.Entry.Type);

    /// <summary>A path that is named is for those workers alone that have it: somebody must.</summary>
    private Refusal? WhyNotComputed(AttentionPlan plan)
    {
        List<IReadOnlyCollection<int>> known = [.. workers.Workers.Values.Select(worker => worker.Kernels)];
        if (known.Count == 0 && options.Roles.HasFlag(NodeRoles.Worker))
            known.Add([.. KernelCatalog.Paths.Where(KernelPaths.IsSupported).Select(path => (int)path)]);
        if (plan.Options.Kernel.Path() is not { } path || known.Count == 0 || known.Any(kernels => kernels.Contains((int)path)))
            return null;
        string have = string.Join(", ", KernelCatalog.Paths.Where(one => known.Any(kernels => kernels.Contains((int)one))).Select(one => one.Name()));
        return new Refusal("kernel-not-available", $"no worker has the instructions of kernel {path.Name()}; they have {have}. '{plan.Family.Name()}' gives its bits on all of them");
    }

    /// <summary>Partials that memory allows here, if it allows one task at some worker.</summary>
    private int PartialsMax(JobRequest job, AttentionPlan plan, out Refusal? refusal)
    {
        int partials = shares.PartialsAtGateway(plan, options.JobsRunningMax, out refusal);
        refusal ??= CoordinatorFootprint.Check(plan, options.CoordinatorShare);
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

        // Each partial has its bookkeeping.
        return refusal is null ? (int)Math.Min(partials, Math.Max(1 + MergeTree.LevelsOf(plan.SegmentCount), options.CoordinatorShare / CoordinatorFootprint.BytesPerOpenTask)) : 0;
    }

    private async Task<JobOutcome> RunNowAsync(
        JobRequest job, AttentionPlan plan, JobHistory history, bool isAnew, int partialsMax, JobWatch watch, IProgress<JobProgress>? progress,
        CancellationToken cancellationToken)
    {
        ResultFile result;
        bool isNew;
        try
        {
            if (await InputScan.RefuseAsync(job, plan, PatienceFor(job), clock, cancellationToken).ConfigureAwait(false) is { } refusal)
                return Ended(Report(job, plan, watch, history, JobState.Failed), refusal);
            (result, isNew) = await RetryAsync(job, () => Open(job, plan, history, store), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Ended(Report(job, plan, watch, history, JobState.Cancelled), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Ended(Report(job, plan, watch, history, JobState.Failed), new Refusal("result-not-writable", $"the result of job {job.Id} ({ResultFile.ByteLengthOf(plan)} bytes) can't be created: {e.Message}"));
        }

        // Rows that are gone are no rows.
        isNew |= isAnew;
        if (isNew)
            history = history with { Blocks = BlockSet.Empty };
        using (result)
        {
            await using InputScan scan = InputScan.Start(job, plan, PatienceFor(job), clock, cancellationToken);
#pragma warning disable CA2000 // Not while its memory may be in use; what is left then goes with the finalizers.
            var assembly = new BlockAssembly(plan, dataPlane, result) { WritePatience = PatienceFor(job) };
#pragma warning restore CA2000
            JobReport Build(JobState outcome) =>
                Report(job, plan, watch, history, outcome) with { BytesMoved = assembly.BytesPulled + (watch.Tally?.BytesReceived ?? 0) };

            JobEnd end = await CoordinateAsync(job, plan, history, partialsMax, assembly, progress, isNew, cancellationToken).ConfigureAwait(false);
            if (end.IsIdle)
                assembly.Dispose();
            watch.Computed(end.Tally);
            if (end.State != JobState.Succeeded)
                return Ended(Build(end.State), end.State == JobState.Failed ? InputTrouble.Shortened(job, end.Reason) ?? end.Reason : end.Reason);
            try
            {
                (string output, string? lse) = await RetryAsync(job, () => result.Complete(cancellationToken), cancellationToken).ConfigureAwait(false);
                Verification? verification = job.Options.VerifyRows == 0 ? null : await RetryAsync(
                    job, () => JobVerification.Check(job, plan, result.Path, options.Threads, cancellationToken), cancellationToken).ConfigureAwait(false);
                IReadOnlyList<string> oddities =
                [
                    .. await scan.WarningsAsync().ConfigureAwait(false),
                    .. await RetryAsync(job, () => JobVerification.Oddities(job, plan, result.Path, cancellationToken), cancellationToken).ConfigureAwait(false),
                ];
                JobReport report = Build(JobState.Succeeded) with { OutputSha256 = output, LseSha256 = lse, Verify = verification };
                report = report with { Warnings = [.. report.Warnings, .. oddities] };
                if (verification is { Ok: false, WhyNoCheck: { } noCheck })
                    report = report with { Warnings = [.. report.Warnings, $"the verification can tell nothing at {verification.WorstRow}: {noCheck}"] };
                else if (verification is { Ok: false })
                    report = await NameWrongWorkersAsync(report, job, plan, end.Tally, verification, cancellationToken).ConfigureAwait(false);
                return new JobOutcome(report, null, result.Path);
            }
            catch (OperationCanceledException)
            {
                if (job.Owner is null)
                    File.Delete(result.Path);
                return Ended(Build(JobState.Cancelled), null);
            }
            catch (TensorFormatException problem)
            {
                return Ended(Build(JobState.Failed), problem.Path == result.Path
                    ? new Refusal("result-damaged", $"the result of job {job.Id} is not what was written ({problem.Message}); send the job again")
                    : InputTrouble.Of(job.Id, problem));
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
        JobRequest job, AttentionPlan plan, JobHistory history, int partialsMax, BlockAssembly assembly, IProgress<JobProgress>? progress, bool isNew,
        CancellationToken cancellationToken)
    {
        var end = new TaskCompletionSource<JobEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        var limits = new JobLimits(MemoryShares.TasksInFlightMax, partialsMax) { ProgressTimeout = options.ProgressTimeout };
        long segmentBytes = MemoryShares.SegmentBytes(plan, job.Key.Entry.Type, job.Value.Entry.Type);
        var run = new JobRun(job, plan, segmentBytes, limits, dataPlane, holders, assembly, clock, progress, end);
        if (job.Owner is not { } owner || journal is null)
        {
            jobs.Tell(new JobsSupervisor.Start(run));
            return await EndOfAsync(end, () => jobs.Tell(new JobsSupervisor.Cancel(job.Id)), cancellationToken).ConfigureAwait(false);
        }

        string NameUnder(string coordinator) => $"{job.Id}.{coordinator}";
        run = run with { Name = NameUnder(owner), FormerNames = [.. history.Owners.Select(NameUnder)], BlocksDone = [.. history.Blocks.Blocks] };
        journal.Run(owner, run, isNew);
        JobEnd ended = await EndOfAsync(end, () => journal.Cancel(owner, job.Id), cancellationToken).ConfigureAwait(false);
        if (ended.State == JobState.Cancelled)
            await journal.SettleAsync(owner, job.Id).ConfigureAwait(false);
        return ended;
    }

    private static (ResultFile Result, bool IsNew) Open(JobRequest job, AttentionPlan plan, JobHistory history, TensorStore store)
    {
        if (job.Owner is null)
            return (store.CreateResult(job.Id, plan), true);
        return (store.OpenResult(job.Id, plan, history.Options, out bool isNew), isNew);
    }

    private async Task<JobEnd> EndOfAsync(TaskCompletionSource<JobEnd> end, Action cancel, CancellationToken cancellationToken)
    {
        await using (cancellationToken.Register(cancel))
        {
            try
            {
                return await end.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // It has been told.
            }

            try
            {
                return await end.Task.WaitAsync(s_cancelPatience, clock, CancellationToken.None).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                end.TrySetResult(new JobEnd(JobState.Cancelled, null, JobTally.Nothing, IsIdle: false));
                return await end.Task.ConfigureAwait(false);
            }
        }
    }

    private static JobReport Report(JobRequest job, AttentionPlan? plan, JobWatch watch, JobHistory history, JobState outcome)
    {
        (int tasks, double flops) = plan is null ? default : Restored(plan, history);
        ImmutableDictionary<string, int> workers = history.Workers.SetItems(watch.Tally?.Workers ?? ImmutableDictionary<string, int>.Empty);
        return new JobReport
        {
            Id = job.Id,
            State = outcome,
            Seconds = watch.Seconds(),
            Flops = plan?.Flops ?? 0,
            Gflops = outcome == JobState.Succeeded ? watch.Gflops(plan!.Flops - flops) : 0,
            IdealFraction = watch.IdealFraction(),
            TilesComputed = plan?.TilesComputed ?? 0,
            TilesSkipped = plan?.TilesSkipped ?? 0,
            Tasks = plan?.TaskCount ?? 0,
            Retries = history.RetriesInAll + (watch.Tally?.Retries ?? 0),
            TilesRecomputed = watch.Tally?.TilesRecomputed ?? 0,
            WorkersLost = watch.Tally?.WorkersLost ?? [],
            WorkersJoined = watch.Tally?.WorkersJoined ?? [],
            LongestIdleSeconds = watch.Tally?.LongestIdle.TotalSeconds ?? 0,
            BytesMoved = 0,
            Workers = [.. workers.Keys.Order(StringComparer.Ordinal)],
            Threads = workers.Values.Sum(),
            Kernel = plan is null ? "" : KernelsOf(watch.Tally, plan),
            Bits = plan is null ? "" : BitContract.Name(plan.Family),
            MaskPreview = plan is null ? [] : Draw(plan),
            KeysPerSegment = plan?.KeysPerSegment ?? 0,
            RowsPerBlock = plan?.RowsPerBlock ?? 0,
            Resumptions = history.Owners.Length,
            TasksRestored = tasks,
            Warnings = job.Options.Output == OutputType.SameAsInput && job.Query.Entry.Type == ElementType.Float64
                ? ["q is float64, and the output is float32: no other type is wider than what it is computed in"]
                : [],
        };
    }

    /// <summary>The paths that computed; where none has, the family.</summary>
    private static string KernelsOf(JobTally? tally, AttentionPlan plan) =>
        tally is { Kernels.Count: > 0 } ? string.Join(", ", tally.Kernels.Select(path => path.Name())) : plan.Family.Name();

    /// <summary>A report of a job whose input is damaged has no picture.</summary>
    private static IReadOnlyList<string> Draw(AttentionPlan plan)
    {
        try
        {
            return MaskPreview.Draw(plan.Rules, plan.Shape);
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>What a job did not have to compute any more.</summary>
    private static (int Tasks, double Flops) Restored(AttentionPlan plan, JobHistory history)
    {
        (int tasks, double flops) = (0, 0);
        foreach (QueryBlock block in history.Blocks.Blocks.Select(plan.Block))
        {
            tasks += plan.TasksOf(block);
            flops += plan.FlopsOf(block);
        }

        return (tasks, flops);
    }

    private static JobOutcome Ended(JobReport report, Refusal? reason) => new(report, reason, null);
}
