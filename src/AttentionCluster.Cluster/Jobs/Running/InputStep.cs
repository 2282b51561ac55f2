using AttentionCluster.Cluster.Jobs.Verification;
using AttentionCluster.Core;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>Refuses an input that is not finite, when the user wants that.</summary>
internal sealed class InputStep : IJobStep
{
    public async Task<JobEnding?> RunAsync(AttentionRun run)
    {
        Refusal? refusal = await InputScan
            .RefuseAsync(run.Request, run.Plan!, run.Patience, run.Clock, run.CancellationToken).ConfigureAwait(false);
        return refusal is null ? null : JobEnding.Failed(refusal);
    }
}
