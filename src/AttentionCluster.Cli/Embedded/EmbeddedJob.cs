using AttentionCluster.Cli.Inputs;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Server;

namespace AttentionCluster.Cli.Embedded;

/// <summary>Runs one job on a cluster of one node that lives in this process and ends with the job.</summary>
internal static class EmbeddedJob
{
    /// <summary>Starts the node, brings the input into its store, and runs the job to its end.</summary>
    /// <param name="input">Q, K and V.</param>
    /// <param name="options">What to compute.</param>
    /// <param name="node">The node; its data directory is that of <paramref name="workspace"/>.</param>
    /// <param name="workspace">Where the result stays until the workspace is disposed.</param>
    /// <param name="progress">May be null.</param>
    /// <param name="cancellationToken">Cancels the job.</param>
    /// <exception cref="OperationCanceledException">Cancelled before the job was handed over.</exception>
    /// <exception cref="TimeoutException">The node did not start in time.</exception>
    public static async Task<JobOutcome> RunAsync(
        IJobInput input,
        AttentionOptions options,
        NodeOptions node,
        ScratchDirectory workspace,
        IProgress<JobProgress>? progress,
        CancellationToken cancellationToken)
    {
        await using AttentionNode embedded =
            await EmbeddedNode.StartAsync(node with { DataDirectory = workspace.Directory }, cancellationToken);
        StoredInput stored = input.Place(embedded.Store, cancellationToken);
        var job = new JobRequest(workspace.JobId, stored.Query, stored.Key, stored.Value, options) { Auxiliary = stored.Auxiliary };
        JobOutcome outcome = await embedded.Attention.RunAsync(job, progress, cancellationToken);
        return outcome with
        {
            Report = outcome.Report with { Warnings = [.. input.Warnings, .. input.Unread, .. outcome.Report.Warnings] },
        };
    }
}
