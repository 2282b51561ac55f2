using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Tests;

/// <summary>Calls at once, on the thread that reports.</summary>
internal sealed class ProgressCall(Action<JobProgress> call) : IProgress<JobProgress>
{
    public void Report(JobProgress value) => call(value);
}
