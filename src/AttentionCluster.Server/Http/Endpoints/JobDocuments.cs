using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Server.Jobs;

namespace AttentionCluster.Server.Http.Endpoints;

/// <summary>Jobs as those who ask see them.</summary>
internal static class JobDocuments
{
    /// <summary>A job now.</summary>
    /// <param name="job">The job.</param>
    /// <param name="position">Its place in the queue; null when it does not wait.</param>
    internal static JobDocument Of(Job job, int? position)
    {
        JobStatus status = job.Status;
        return new JobDocument(
            job.Id, status.State, status.State == JobState.Queued ? position : null,
            new ProgressDocument(status.TasksDone, job.Size.Tasks, status.FlopsDone, job.Size.Flops), job.Created, status.Report,
            status.Error is { } error ? new ErrorDocument(error.Code.Name(), error.Message) : null);
    }
}
