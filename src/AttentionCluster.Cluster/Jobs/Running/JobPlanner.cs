using System.Globalization;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>
/// Plans jobs with the numbers of the tensors beside Q, K and V, which can mean that every pair is looked at: on few threads of its own,
/// so that neither requests nor the cluster's heartbeat wait for it, within a time, and until the job is cancelled.
/// </summary>
internal sealed class JobPlanner(NodeOptions options, TimeProvider clock) : IDisposable
{
    /// <summary>Jobs that are planned at a time; others wait, and can be cancelled meanwhile. Kernels run beside it.</summary>
    private static readonly int s_atOnce = Math.Max(1, Environment.ProcessorCount / 4);

    private readonly SemaphoreSlim _turn = new(s_atOnce, s_atOnce);

    /// <summary>Plans one job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="shape">Of its tensors.</param>
    /// <param name="resolved">Its options, with a kernel.</param>
    /// <param name="auxiliary">The numbers of its tensors beside Q, K and V; the plan uses them from then on.</param>
    /// <param name="cancellationToken">Of the job.</param>
    /// <returns>The plan, or the reason why there is none.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal async Task<(AttentionPlan? Plan, Refusal? Refusal)> PlanAsync(
        JobRequest job, AttentionShape shape, AttentionOptions resolved, AuxiliaryTensors auxiliary, CancellationToken cancellationToken)
    {
        // Without a pattern all is in closed form.
        if (!auxiliary.Layout.HasPattern)
            return await Task.Run(() => Plan(shape, resolved, auxiliary, cancellationToken), CancellationToken.None).ConfigureAwait(false);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var timeout = new CancellationTokenSource(options.PlanningTimeout, clock);
            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            return await Task.Factory
                .StartNew(
                    () => Plan(shape, resolved, auxiliary, stopping.Token),
                    CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, new Refusal(
                ErrorCode.PlanningTimeout,
                $"what the mask or the documents of job {job.Id} leave visible could not be counted within "
                + string.Create(CultureInfo.InvariantCulture, $"{options.PlanningTimeout.TotalSeconds:0.###} s; ")
                + "send fewer rows or keys at a time, or raise Jobs:PlanningTimeout"));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private static (AttentionPlan? Plan, Refusal? Refusal) Plan(
        AttentionShape shape, AttentionOptions resolved, AuxiliaryTensors auxiliary, CancellationToken cancellationToken)
    {
        AttentionPlan? plan = AttentionPlan.Create(shape, resolved, out Refusal? refusal, auxiliary.Layout, auxiliary, cancellationToken);
        plan?.CountTiles(cancellationToken);
        return (plan, refusal);
    }
}
