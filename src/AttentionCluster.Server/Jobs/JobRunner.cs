using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.Jobs;

/// <summary>Has one job computed, and says how it ended.</summary>
/// <param name="services">Where the attention service is asked for when a job runs: it can't be had before the node has started.</param>
/// <param name="clock">For the seconds in the queue.</param>
/// <param name="logger">Told of what must not happen.</param>
internal sealed partial class JobRunner(IServiceProvider services, TimeProvider clock, ILogger<JobRunner> logger)
{
    private static readonly NodeOptions s_defaults = new() { DataDirectory = "" };

    /// <summary>Runs to the end; nothing is thrown.</summary>
    internal async Task<JobStatus> RunAsync(Job job, JobFolders folders)
    {
        TimeSpan waited = clock.GetElapsedTime(job.CreatedTimestamp);
        try
        {
            // An input that has lain there for long is looked at beside the computing, so that nothing more is computed of a wrong one.
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(job.Cancellation);
            Task<Refusal?> foundEarly = job.IsTakenOver ? FindDamageAsync(job, folders, stop) : Task.FromResult<Refusal?>(null);
            JobOutcome outcome = await services.GetRequiredService<IAttentionService>()
                .RunAsync(job.Request!, job, stop.Token).ConfigureAwait(false);
            JobReport report = Complete(outcome.Report, job, waited);
            if (await foundEarly.ConfigureAwait(false) is { } early)
                return job.Status with { State = JobState.Failed, Error = early };

            // Every input is looked at when all of it has been read: no result is shown of bytes that have changed on the disk meanwhile,
            // whatever changed them. One that was cut short fails its tasks first, and their reason would be that rows can't be read.
            if (job.Record is not null && (outcome.ResultPath is not null || report.State == JobState.Failed)
                && await FindDamageAsync(job, folders, stop).ConfigureAwait(false) is { } damage)
                return job.Status with { State = JobState.Failed, Error = damage };
            if (outcome.ResultPath is null)
                return job.Status with { State = report.State, Report = report, Error = outcome.Refusal };

            ResultHash? hash = job.Kind == JobKind.Call ? null : await TransientFailure
                .RetryAsync(() => folders.HashResult(job.Id, job.Cancellation), Patience, clock, job.Cancellation).ConfigureAwait(false);
            job.ResultSeen = hash;
            return new JobStatus(
                JobState.Succeeded, job.Size.Tasks, job.Size.Flops, report, Result: new JobResult(job.Size.ResultBytes, hash?.Sha256));
        }
        catch (OperationCanceledException) when (job.Cancellation.IsCancellationRequested)
        {
            return job.Status with { State = JobState.Cancelled };
        }
#pragma warning disable CA1031 // Whatever it is, it ends this job and no other.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            LogUnexpected(job.Id, problem);
            return job.Status with
            {
                State = JobState.Failed,
                Error = new Refusal(ErrorCode.InternalError,
                    $"job {job.Id} failed for a reason that the node's log has; send it again, and report this if it fails again"),
            };
        }
    }

    /// <summary>How long a disk, or a process without descriptors, may be in trouble before that ends a job.</summary>
    private TimeSpan Patience => (services.GetService<NodeOptions>() ?? s_defaults).ProgressTimeout;

    /// <summary>Stops the computing when the input is not what was received.</summary>
    private async Task<Refusal?> FindDamageAsync(Job job, JobFolders folders, CancellationTokenSource stop)
    {
        try
        {
            Refusal? damage = await TransientFailure
                .RetryAsync(() => folders.CheckInput(job.Record!, stop.Token), Patience, clock, stop.Token).ConfigureAwait(false);
            if (damage is not null)
                await stop.CancelAsync().ConfigureAwait(false);
            return damage;
        }
        catch (OperationCanceledException)
        {
            // Its end has another reason.
            return null;
        }
        catch (IOException problem)
        {
            return new Refusal(ErrorCode.InputNotReadable, $"whether the input of job {job.Id} is what was received can't be told "
                + $"({problem.Message}); see to the node's disk, then send the job again");
        }
    }

    /// <summary>Removes what is journaled of a job whose end is on the disk.</summary>
    /// <returns>Whether nothing is journaled of it any more.</returns>
    internal async Task<bool> ForgetAsync(string id)
    {
        try
        {
            await services.GetRequiredService<IAttentionService>().ForgetAsync(id).ConfigureAwait(false);
            return true;
        }
        catch (IOException problem)
        {
            LogNotForgotten(id, problem);
            return false;
        }
    }

    /// <summary>Adds what the cluster does not know: the wait before it was asked, and what was odd about the body.</summary>
    private static JobReport Complete(JobReport report, Job job, TimeSpan waited) => report with
    {
        Seconds = report.Seconds with
        {
            Queued = report.Seconds.Queued + waited.TotalSeconds,
            Total = report.Seconds.Total
            + waited.TotalSeconds
        },
        Warnings = [.. job.Warnings, .. report.Warnings],
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is journaled of job {Job} is not removed yet")]
    private partial void LogNotForgotten(string job, Exception problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job} failed unexpectedly")]
    private partial void LogUnexpected(string job, Exception problem);
}
