using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Reports;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server;

namespace AttentionCluster.Cluster.Tests.Membership;

public sealed class EmbeddedNodeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("attn-test-").FullName;

    [Fact]
    public async Task A_job_runs_through_a_real_cluster_of_one_node()
    {
        await using AttentionNode node = await AttentionNode.StartAsync(new NodeOptions { DataDirectory = _directory, Threads = 2 }, default);
        var shape = new TensorShape(1, 8, 16384, 128);
        var job = new JobRequest(
            "job-1", node.Store.Generate("q", "q", shape, 1, default), node.Store.Generate("k", "k", shape, 1, default),
            node.Store.Generate("v", "v", shape, 1, default), new AttentionOptions { Causal = true, VerifyRows = 64 });

        JobOutcome outcome = await node.Attention.RunAsync(job, null, default);

        Assert.Equal(JobState.Succeeded, outcome.Report.State);
        Assert.True(outcome.Report.Verify!.Ok);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
