using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using AttentionCluster.Cli.Embedded;
using AttentionCluster.Cli.Options;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Core;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Bench;

/// <summary><c>attn bench cluster</c>: a job through an embedded node beside the kernel called directly on the same threads.</summary>
internal sealed class ClusterBench
{
    private static readonly BenchShape s_shapeDefault = new(8, 16384, 128);

    private readonly BenchOptionSet _options = new();

    private readonly Option<BenchShape?> _shape = OptionValues.Value<BenchShape>(
        "--shape", "[Hn]NnDn", $"The shape of the job, which is causal (default: {s_shapeDefault})", BenchShape.Read);

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var bench = new ClusterBench();
        var command = new Command("cluster", "Measures a job through an embedded cluster beside the kernel alone on the same threads.");
        bench._options.AddTo(command, "auto", "all processors");
        command.Add(bench._shape);
        Shell.SetWork(command, bench.RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        InvocationConfiguration terminal = parse.InvocationConfiguration;
        BenchShape shape = parse.GetValue(_shape) ?? s_shapeDefault;
        int[] threads = _options.Threads(parse, [Environment.ProcessorCount]);
        int turns = _options.TurnCount(parse);
        AttentionPlan? plan = Plan(parse, shape, threads.Max(), turns, out Refusal? refusal);
        return plan is null
            ? Task.FromResult(BenchOutput.Refuse(terminal, refusal!))
            : BenchOutput.WriteAsync(
                terminal,
                _options.Json(parse),
                $"{"kernel",-9}{"shape",-16}{"",-7}{"threads",8}{"alone GFLOP/s",15}{"alone s",10}{"cluster s",10}{"total s",10}{"share",8}{"ideal",8}",
                MeasureAsync(shape, plan, threads, turns, cancellationToken),
                Line,
                BenchJson.Default.ListClusterSpeed);
    }

    private AttentionPlan? Plan(ParseResult parse, BenchShape shape, int threads, int turns, out Refusal? refusal)
    {
        AttentionPlan? plan = shape.Plan(causal: true, _options.Kernel(parse, out refusal), out Refusal? planRefusal);
        refusal ??= planRefusal;
        if (refusal is not null)
            return null;

        refusal = new NodeOptions { DataDirectory = Path.GetTempPath(), Threads = threads }.CheckMemory(plan!, ElementType.Float32,
            ElementType.Float32)
            ?? MemoryRoom.Check(ClusterTurns.MemoryBytesNeeded(plan!, threads), $"measuring {shape}", "choose a smaller --shape")
            ?? DiskRoom.Check(Path.GetTempPath(), ClusterTurns.DiskBytesNeeded(plan!, turns),
                "no room on the disk for the tensors and a result for each turn");
        return refusal is null ? plan : null;
    }

    private static async IAsyncEnumerable<ClusterSpeed> MeasureAsync(
        BenchShape shape, AttentionPlan plan, int[] threads, int turns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (int count in threads)
            yield return await ClusterTurns.MeasureAsync(shape, plan, count, turns, cancellationToken);
    }

    private static string Line(ClusterSpeed speed) => string.Create(
        CultureInfo.InvariantCulture,
        $"{speed.Kernel,-9}{speed.Shape,-16}{(speed.Causal ? "causal" : "full"),-7}{speed.Threads,8}{speed.AloneGflops,15:f1}{speed.AloneSeconds,10:f3}{speed.ClusterSeconds,10:f3}{speed.TotalSeconds,10:f3}{speed.AloneFraction,8:f3}{speed.IdealFraction,8:f3}");
}
