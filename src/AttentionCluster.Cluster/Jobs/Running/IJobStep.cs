namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>One step on a job's way from the request to the result.</summary>
internal interface IJobStep
{
    /// <summary>Does its part, and writes down what later steps and the report need.</summary>
    /// <param name="run">The job, with what the steps before have found.</param>
    /// <returns>How the job ends here; null when the next step is to follow.</returns>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    Task<JobEnding?> RunAsync(AttentionRun run);
}
