using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>Creates the file of the result, or opens the one that an earlier process has begun.</summary>
internal sealed class ResultStep(TensorStore store) : IJobStep
{
    public async Task<JobEnding?> RunAsync(AttentionRun run)
    {
        AttentionPlan plan = run.Plan!;
        try
        {
            (run.Result, bool isNew) = await run.RetryAsync(() => Open(run.Request, plan, run.History)).ConfigureAwait(false);
            run.IsAnew = isNew || run.IsHistoryUnknown;

            // Blocks are journaled as done, and their rows are gone with an earlier file.
            if (run.IsAnew)
                run.History = run.History with { Blocks = BlockSet.Empty };
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return JobEnding.Failed(new Refusal(
                ErrorCode.StoreNotWritable,
                $"the result of job {run.Request.Id} ({ResultFile.ByteLengthOf(plan)} bytes) can't be created: {e.Message}"));
        }
    }

    private (ResultFile Result, bool IsNew) Open(JobRequest job, AttentionPlan plan, JobHistory history) => job.Owner is null
        ? (store.CreateResult(job.Id, plan), true)
        : (store.OpenResult(job.Id, plan, history.Options, out bool isNew), isNew);
}
