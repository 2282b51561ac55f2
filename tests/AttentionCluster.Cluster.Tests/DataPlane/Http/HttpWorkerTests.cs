using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.Hosting;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.DataPlane;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>What the rest of a node does with this data plane.</summary>
public sealed class HttpWorkerTests
{
    private static readonly AttentionOptions s_options = new() { Causal = true, RowsPerBlock = 20, KeysPerSegment = 20 };

    [Fact]
    public async Task A_worker_without_the_store_computes_the_partial_that_the_core_gives()
    {
        await using HttpNode gateway = await HttpNode.StartAsync("gateway");
        await using HttpNode worker = await HttpNode.StartAsync("worker", chunkBytes: 100);
        StoredTensor query = Generate(gateway.Store, "q"), key = Generate(gateway.Store, "k"), value = Generate(gateway.Store, "v");
        AttentionPlan plan = Plans.Of(query.Shape, key.Shape, value.Shape, s_options);
        using var pool = new ComputePool(threads: 1, queueMax: 10);
        var plane = new InterceptedDataPlane(worker.Plane);
        using var runner = new TaskRunner("worker", plane, pool, new MemoryShares(1 << 20, 1 << 20, 1 << 20), TimeProvider.System);

        TaskDone done = await runner.RunAsync(ComputeTasks.Of(plan, query, key, value, 1, 2, address: gateway.Address), default).InTime();

        using Partial expected = CoreAttention.Task(plan, query, key, value, plan.Block(1), 2);
        byte[] received = await gateway.PullAsync(done.Partial.ToClaim());
        Assert.Equal(expected.Buffer.Slice(0, (int)expected.Buffer.ByteLength).ToArray(), received);
        Assert.Equal(3 * 20 * 12 * sizeof(float), plane.RowBytes);
    }

    [Fact]
    public async Task A_node_that_is_its_own_cluster_runs_its_jobs_with_it()
    {
        using var folder = new TemporaryFolder();
        var options = new NodeOptions { DataDirectory = folder.Path, Name = "node", Threads = 1 };
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddHttpDataPlane(new() { Secret = HttpNode.Secret }).AddAttentionCluster(options);
        using IHost node = builder.Build();
        await node.StartAsync().InTime();
        await node.Services.GetRequiredService<ClusterMembership>().JoinAsync(options.Seeds, options.StartTimeout, default);
        TensorStore store = node.Services.GetRequiredService<TensorStore>();
        var request = new JobRequest("job", Generate(store, "q"), Generate(store, "k"), Generate(store, "v"), s_options);

        JobOutcome outcome = await node.Services.GetRequiredService<IAttentionService>().RunAsync(request, null, default).InTime();

        AttentionPlan plan = Plans.Of(request.Query.Shape, request.Key.Shape, request.Value.Shape, s_options);
        (float[] output, _) = CoreAttention.Compute(plan, request.Query, request.Key, request.Value);
        Assert.Equal((JobState.Succeeded, CoreAttention.Sha256(output)), (outcome.Report.State, outcome.Report.OutputSha256));
        await node.Services.GetRequiredService<ClusterMembership>().EndAsync().InTime();
        await node.StopAsync().InTime();
    }

    private static StoredTensor Generate(TensorStore store, string name) =>
        store.Generate(name, name, new TensorShape(1, 2, 80, 12), 1, default);
}
