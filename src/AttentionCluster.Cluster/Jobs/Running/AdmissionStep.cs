using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>
/// Admits a job that memory here and at some worker allows, that fits what was done of it, and that some worker has the instructions for.
/// </summary>
internal sealed class AdmissionStep(WorkerTable workers, MemoryShares shares, NodeOptions options) : IJobStep
{
    public Task<JobEnding?> RunAsync(AttentionRun run)
    {
        AttentionPlan plan = run.Plan!;
        Refusal? refusal = CheckGateway(run, plan) ?? CheckWorkers(run.Request, plan)
            ?? run.History.WhyNotResumed(run.Request.Id, plan) ?? CheckKernel(plan);
        return Task.FromResult(refusal is null ? null : JobEnding.Failed(refusal));
    }

    private Refusal? CheckGateway(AttentionRun run, AttentionPlan plan)
    {
        int partials = shares.PartialsAtGateway(plan, options.JobsRunningMax, out Refusal? refusal);

        // Each partial has its bookkeeping.
        run.PartialsMax = (int)Math.Min(
            partials, Math.Max(1 + MergeTree.LevelsOf(plan.SegmentCount),
                options.CoordinatorShare() / CoordinatorFootprint.BytesPerOpenTask));
        return refusal ?? CoordinatorFootprint.Check(plan, options.CoordinatorShare());
    }

    /// <summary>Whether one worker has memory for a task.</summary>
    private Refusal? CheckWorkers(JobRequest job, AttentionPlan plan)
    {
        List<(MemoryShares Shares, int Threads)> known =
            [.. workers.Workers.Values.Select(worker => (MemoryShares.Of(worker), worker.Threads))];
        if (known.Count == 0 && options.Roles.HasFlag(NodeRoles.Worker))
            known.Add((shares, options.Threads));
        Refusal? refusal = null;
        foreach ((MemoryShares worker, int threads) in known)
        {
            if (worker.TasksAtWorker(plan, job.Key.Entry.Type, job.Value.Entry.Type, threads, out refusal) > 0)
                return null;
        }

        return refusal;
    }

    /// <summary>A kernel path that is named is for those workers alone that have it: somebody must.</summary>
    private Refusal? CheckKernel(AttentionPlan plan)
    {
        List<IReadOnlyCollection<int>> known = [.. workers.Workers.Values.Select(worker => worker.Kernels)];
        if (known.Count == 0 && options.Roles.HasFlag(NodeRoles.Worker))
            known.Add([.. KernelCatalog.Paths.Where(KernelPaths.IsSupported).Select(path => (int)path)]);
        if (plan.Options.Kernel.Path() is not { } path || known.Count == 0 || known.Any(kernels => kernels.Contains((int)path)))
            return null;
        string have = string.Join(", ",
            KernelCatalog.Paths.Where(one => known.Any(kernels => kernels.Contains((int)one))).Select(one => one.Name()));
        return new Refusal(
            ErrorCode.KernelNotAvailable,
            $"no worker has the instructions of kernel {path.Name()}; they have {have}. "
            + $"'{plan.Family.Name()}' gives its bits on all of them");
    }
}
