using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>The one door into the cluster: jobs in, outcomes out, and no actor to be seen.</summary>
internal interface IAttentionService
{
    /// <summary>Runs one job to its end.</summary>
    /// <param name="job">What to compute; its tensors are in this node's store.</param>
    /// <param name="progress">Told after every finished task; may be null.</param>
    /// <param name="cancellationToken">Cancels the job: running tasks stop within a fraction of a second.</param>
    /// <returns>
    /// The outcome: succeeded, failed or refused with a reason, or cancelled. Expected failures are never exceptions.
    /// </returns>
    Task<JobOutcome> RunAsync(JobRequest job, IProgress<JobProgress>? progress, CancellationToken cancellationToken);

    /// <summary>
    /// Removes what is journaled of a job that has an owner. To be called when its end is on the disk: from then on it would begin anew.
    /// </summary>
    /// <param name="job">The job's id.</param>
    /// <exception cref="IOException">It can't be removed now.</exception>
    Task ForgetAsync(string job);
}
