using AttentionCluster.Core.Reports;
using AttentionCluster.Server.Jobs;

namespace AttentionCluster.Server.Http.Documents;

/// <summary>A job as JSON.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Position">Its place in the queue, 1 being the next that was accepted; null when it does not wait.</param>
/// <param name="Progress">How far it is.</param>
/// <param name="Created">When it was accepted.</param>
/// <param name="Report">What it says of itself when it has ended; null before, and when it was cancelled before it ran.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
internal sealed record JobDocument(
    string Id, JobState State, int? Position, ProgressDocument Progress, DateTimeOffset Created, JobReport? Report, ErrorDocument? Error)
{
    internal static JobDocument Of(Job job, int? position)
    {
        JobStatus status = job.Status;
        return new JobDocument(
            job.Id, status.State, status.State == JobState.Queued ? position : null,
            new ProgressDocument(status.TasksDone, job.Size.Tasks, status.FlopsDone, job.Size.Flops), job.Created, status.Report,
            status.Error is { } error ? new ErrorDocument(error.Code, error.Message) : null);
    }
}
