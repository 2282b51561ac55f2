using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Reports;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>Jobs through a real cluster of several nodes.</summary>
public sealed class SeveralNodesTests
{
    private static readonly TensorShape Shape = new(1, 2, 3000, 64);

    private static readonly AttentionOptions Options = new() { Causal = true, KeysPerSegment = 400, RowsPerBlock = 100 };

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_result_has_the_bits_of_the_core_for_any_number_of_workers(int workers)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(workers);

        (JobRequest job, JobOutcome outcome) = await cluster.RunAsync("job", Options, Shape);

        AttentionPlan plan = Plans.Of(Shape, Shape, Shape, Options);
        (float[] output, float[] lse) = CoreAttention.Compute(plan, job.Query, job.Key, job.Value);
        Assert.Equal((JobState.Succeeded, null), (outcome.Report.State, outcome.Refusal?.Message));
        Assert.Equal((CoreAttention.Sha256(output), CoreAttention.Sha256(lse)), (outcome.Report.OutputSha256, outcome.Report.LseSha256));
        Assert.Equal(workers, outcome.Report.Workers.Count);
    }
}
