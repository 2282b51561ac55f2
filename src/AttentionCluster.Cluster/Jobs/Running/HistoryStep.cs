using System.Globalization;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Core;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>Finds out what earlier processes have done of the job, and whether this one may go on with it.</summary>
internal sealed class HistoryStep(JobJournal? journal, WorkerTable workers, NodeOptions options) : IJobStep
{
    /// <summary>How often a job that outlives its gateway looks for the first worker; it may be there long before them.</summary>
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(50);

    public async Task<JobEnding?> RunAsync(AttentionRun run)
    {
        string job = run.Request.Id;
        JobHistory? known = await ReadAsync(run).ConfigureAwait(false);

        // What can't be known of a job is computed again; the journal will say so when it can be written.
        JobHistory history = known ?? JobHistory.None;
        if (history.BeginningsInVain < JobLimits.BeginningsMax && history.WhyNotResumed(job) is { } version)
            return JobEnding.Failed(version);
        (run.History, run.IsHistoryUnknown) = (history, known is null);
        return history.BeginningsInVain < JobLimits.BeginningsMax ? null : JobEnding.Failed(new Refusal(
            ErrorCode.CrashLoop,
            string.Create(
                CultureInfo.InvariantCulture,
                $"the last {history.BeginningsInVain} processes that computed job {job} died before a block of it was done, ")
            + "and it may be why; look at their logs and their memory, and send a smaller job"));
    }

    /// <summary>Nothing when there was no need to know it; null when it can't be known.</summary>
    private async Task<JobHistory?> ReadAsync(AttentionRun run)
    {
        if (run.Request.Owner is null || journal is null)
            return JobHistory.None;

        // Until then nothing could be done, and the time that a job may go without progress would run.
        while (workers.Workers.IsEmpty)
            await Task.Delay(s_pollInterval, run.Clock, run.CancellationToken).ConfigureAwait(false);
        return run.Request.IsNew
            ? JobHistory.None
            : await journal.OpenAsync(run.Request.Id, options.ProgressTimeout, run.CancellationToken).ConfigureAwait(false);
    }
}
