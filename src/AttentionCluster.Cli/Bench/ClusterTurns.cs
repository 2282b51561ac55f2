using AttentionCluster.Cli.Attend;
using AttentionCluster.Cli.Embedded;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Measuring;
using AttentionCluster.Core.Planning;
using AttentionCluster.Server;

namespace AttentionCluster.Cli.Bench;

/// <summary>The embedded cluster and the kernel alone, turn by turn over the same job.</summary>
internal static class ClusterTurns
{
    /// <summary>Memory for both: each has K and V packed, and its own queries and partials.</summary>
    public static long MemoryBytesNeeded(AttentionPlan plan, int threads) =>
        (2 * (PackedContext.ByteLengthOf(plan) + DirectJob.ByteLengthOf(plan, threads))) + PackedContext.ScratchByteLengthOf(plan, threads);

    /// <summary>Disk for the tensors and for the results of the warm-up and of every turn.</summary>
    public static long DiskBytesNeeded(AttentionPlan plan, int turns) =>
        (3 * sizeof(float) * plan.Shape.Query.ElementCount) + ((turns + 1) * OutputFile.ResultBytes(plan.Shape, plan.Options));

    /// <summary>Measures with a number of threads.</summary>
    public static async Task<ClusterSpeed> MeasureAsync(BenchShape shape, AttentionPlan plan, int threads, int turns,
        CancellationToken cancellationToken)
    {
        using ScratchDirectory workspace = ScratchDirectory.Create(Path.GetTempPath());
        await using AttentionNode node = await EmbeddedNode.StartAsync(
            new NodeOptions { DataDirectory = workspace.Directory, Threads = threads }, cancellationToken);
        (StoredTensor q, StoredTensor k, StoredTensor v) = (Generate("q"), Generate("k"), Generate("v"));
        using var team = new ThreadTeam(threads);
        using var context = new PackedContext(plan, team);
        using var job = new DirectJob(plan, context, team, KernelPaths.Create(plan.Options.Kernel.Resolve(out _)));
        Turns.WarmUp(job.Run, cancellationToken);
        await RunAsync("warm-up");

        var alone = new double[turns];
        var outcomes = new JobOutcome[turns];
        for (int turn = 0; turn < turns; turn++)
        {
            alone[turn] = Turns.Seconds(job.Run);
            outcomes[turn] = await RunAsync($"turn-{turn}");
        }

        double[] clustered = [.. outcomes.Select(outcome => outcome.Report.Seconds.Compute)];
        return new ClusterSpeed(
            plan.Options.Kernel.Resolve(out _).Name(), shape.ToString(), plan.Options.Causal, threads,
                plan.Flops / Turns.Median(alone) / 1e9, Turns.Median(alone),
            Turns.Median(clustered), Turns.Median([.. outcomes.Select(outcome => outcome.Report.Seconds.Total)]),
            Turns.Median([.. alone.Zip(clustered, (a, c) => a / c)]),
                Turns.Median([.. outcomes.Select(outcome => outcome.Report.IdealFraction)]));

        StoredTensor Generate(string name) => node.Store.Generate(name, name, plan.Shape.Query, 1, cancellationToken);

        async Task<JobOutcome> RunAsync(string id)
        {
            JobOutcome outcome = await node.Attention.RunAsync(new JobRequest(id, q, k, v, plan.Options), null, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            return outcome.Refusal is null ? outcome : throw new InvalidOperationException(outcome.Refusal.Message);
        }
    }
}
