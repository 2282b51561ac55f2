using System.Runtime.InteropServices;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>What grows with the heads of a KV head does not travel in messages.</summary>
public sealed class ManyHeadsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(300_000, 1)]
    [InlineData(10_000, 2)]
    [InlineData(6, 2)]
    public async Task Slopes_of_any_number_of_heads_reach_a_worker_of_another_node(int heads, int kvHeads)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(1);
        TensorStore store = cluster.Gateway.GetRequiredService<TensorStore>();
        var options = new AttentionOptions { VerifyRows = 200 };
        TensorShape query = new(1, heads, 2, 3), key = new(1, kvHeads, 5, 3);
        float[] slopes = [.. Enumerable.Range(0, heads).Select(head => head % 97 / 16f)];
        JobRequest job = new JobRequest(
            "job", store.Generate("q", "q", query, 1, default), store.Generate("k", "k", key, 1, default),
                store.Generate("v", "v", key, 1, default), options)
            .With(store, Path.Combine(_folder.Path, "slopes"),
                ("alibi_slopes", ElementType.Float32, [heads], MemoryMarshal.AsBytes<float>(slopes).ToArray()));

        JobOutcome outcome = await cluster.Gateway.GetRequiredService<IAttentionService>().RunAsync(job, null, default).InTime();

        Assert.Equal((JobState.Succeeded, null), (outcome.Report.State, outcome.Refusal?.Message));
        Assert.True(outcome.Report.Verify!.Ok, outcome.Report.Verify.WorstRow);
    }
}
