using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Verification;

/// <summary>
/// What can be wrong with an input whose header is right: it can be told as soon as the numbers are there, so whoever sends it is told at
/// once, and not when the job's turn has come.
/// </summary>
internal static class InputCheck
{
    /// <summary>Whether there is anything to look at.</summary>
    public static bool IsNeeded(AuxiliaryLayout auxiliary, AttentionOptions options) =>
        options.RejectNonFinite || auxiliary.KeyLengths is not null || auxiliary.QueryDocuments is not null
            || auxiliary.KeyDocuments is not null;

    /// <summary>
    /// Looks at the numbers that have a range, and, when the job is to be refused for them, at all places that are visible.
    /// </summary>
    /// <param name="job">Its tensors can be read.</param>
    /// <param name="shape">Of Q, K and V.</param>
    /// <param name="options">The job's, with an output type.</param>
    /// <param name="timeout">How long what is visible may be counted; a job that takes longer is refused for that when it is
    /// planned.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="IOException">The input can't be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Refusal? Find(JobRequest job, AttentionShape shape, AttentionOptions options, TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        if (!IsNeeded(job.Auxiliary.Layout, options))
            return null;
        using AuxiliaryTensors? auxiliary = job.Auxiliary.Open(shape, options, out Refusal? refusal, cancellationToken);
        if (auxiliary is null || !options.RejectNonFinite)
            return refusal;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        AttentionPlan? plan = null;
        try
        {
            plan = AttentionPlan.Create(shape, options, out refusal, auxiliary.Layout, auxiliary, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The planner says it better, and has more time when less is planned beside it.
        }

        return plan is null ? refusal : InputScan.Refuse(job, plan, cancellationToken);
    }
}
