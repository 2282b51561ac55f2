using AttentionCluster.Cluster.Jobs.Reporting;
using AttentionCluster.Cluster.Jobs.Verification;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>
/// One job on its way through <see cref="AttentionService"/>: what is asked for, and what each step has found so far, which is null
/// before that step. What the steps have opened is closed in the end, in the opposite order.
/// </summary>
/// <param name="request">The job.</param>
/// <param name="patience">How long something is tried while its disk is in trouble.</param>
/// <param name="clock">The clock.</param>
/// <param name="progress">Told after every finished task; may be null.</param>
/// <param name="cancellationToken">Cancels the job.</param>
internal sealed class AttentionRun(
    JobRequest request, TimeSpan patience, TimeProvider clock, IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    : IAsyncDisposable
{
    internal JobRequest Request => request;

    internal TimeSpan Patience => patience;

    internal TimeProvider Clock => clock;

    internal IProgress<JobProgress>? Progress => progress;

    internal CancellationToken CancellationToken => cancellationToken;

    /// <summary>Takes the times of the phases.</summary>
    internal PhaseTimer Watch { get; } = new(clock);

    /// <summary>What earlier processes have done of the job.</summary>
    internal JobHistory History { get; set; } = JobHistory.None;

    /// <summary>
    /// Whether rows that the result may hold count for nothing, because the journal that says which are there can't be read.
    /// </summary>
    internal bool IsHistoryUnknown { get; set; }

    internal AttentionShape? Shape { get; set; }

    /// <summary>The options with everything resolved.</summary>
    internal AttentionOptions? Options { get; set; }

    /// <summary>The tensors beside Q, K and V.</summary>
    internal AuxiliaryTensors? Auxiliary { get; set; }

    internal AttentionPlan? Plan { get; set; }

    /// <summary>Partials that may be here at a time.</summary>
    internal int PartialsMax { get; set; }

    /// <summary>Gives the job's turn to the next.</summary>
    internal IDisposable? Turn { get; set; }

    internal ResultFile? Result { get; set; }

    /// <summary>Whether no row is in the result.</summary>
    internal bool IsAnew { get; set; }

    /// <summary>Looks through the input beside the computation.</summary>
    internal InputScan? Scan { get; set; }

    /// <summary>Bytes of partials that have come here.</summary>
    internal long BytesPulled { get; set; }

    /// <summary>What was found out about the complete result.</summary>
    internal ResultFindings? Findings { get; set; }

    /// <summary>Does something on the thread pool, again and again while a trouble of a disk may pass.</summary>
    internal Task<T> RetryAsync<T>(Func<T> work) => TransientFailure.RetryAsync(work, patience, clock, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Scan is not null)
            await Scan.DisposeAsync().ConfigureAwait(false);
        Result?.Dispose();
        Turn?.Dispose();
        Auxiliary?.Dispose();
    }
}
