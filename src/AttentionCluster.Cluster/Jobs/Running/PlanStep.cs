using AttentionCluster.Core;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>Plans the job.</summary>
internal sealed class PlanStep(JobPlanner planner) : IJobStep
{
    public async Task<JobEnding?> RunAsync(AttentionRun run)
    {
        try
        {
            (run.Plan, Refusal? refusal) = await planner
                .PlanAsync(run.Request, run.Shape!, run.Options!, run.Auxiliary!, run.CancellationToken).ConfigureAwait(false);
            return run.Plan is null ? JobEnding.Failed(refusal!) : null;
        }
        catch (IOException problem)
        {
            return JobEnding.Failed(InputFailure.Of(run.Request.Id, problem));
        }
    }
}
