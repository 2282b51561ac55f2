using System.CommandLine;
using System.Globalization;
using AttentionCluster.Cli.Options;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Measuring;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cli.Bench;

/// <summary><c>attn bench kernel</c>: the kernel, called directly, as a share of the multiply-add limit of the same threads.</summary>
internal sealed class KernelBench
{
    /// <summary>The shapes that are measured unless one is named.</summary>
    private static readonly (BenchShape Shape, bool Causal)[] s_cases =
    [
        (new(1, 4096, 128), false), (new(1, 4096, 128), true), (new(1, 16384, 128), true), (new(1, 4096, 64), false),
            (new(1, 4096, 64), true),
        (new(1, 4096, 40), false), (new(1, 4096, 80), false), (new(1, 4096, 96), false), (new(1, 4096, 256), false),
        (new(1, 1021, 128), false), (new(1, 4099, 128), false),
    ];

    private readonly BenchOptionSet _options = new();

    private readonly Option<BenchShape?> _shape = OptionValues.Value<BenchShape>(
        "--shape", "[Hn]NnDn", "The shape to measure, full and causal (default: eleven of one head)", BenchShape.Read);

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var bench = new KernelBench();
        var command = new Command("kernel", "Measures the kernels as a share of what the same threads reach with multiply-adds alone.");
        bench._options.AddTo(command, "all that this machine has", "1");
        command.Add(bench._shape);
        Shell.SetWork(command, bench.RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        InvocationConfiguration terminal = parse.InvocationConfiguration;
        int[] threads = _options.Threads(parse, [1]);
        List<(BenchShape Shape, AttentionPlan Plan)>? plans = Plan(parse, threads.Max(), out Refusal? refusal);
        return plans is null
            ? Task.FromResult(BenchOutput.Refuse(terminal, refusal!))
            : BenchOutput.WriteAsync(
                terminal,
                _options.Json(parse),
                $"{"kernel",-9}{"shape",-14}{"",-7}{"threads",8}{"GFLOP/s",10}{"limit",10}{"share",8}",
                Measure(plans, threads, _options.TurnCount(parse), cancellationToken).ToAsyncEnumerable(),
                Line,
                BenchJson.Default.ListKernelSpeed);
    }

    private List<(BenchShape Shape, AttentionPlan Plan)>? Plan(ParseResult parse, int threads, out Refusal? refusal)
    {
        KernelPath[] kernels = _options.Kernels(parse, out refusal);
        if (refusal is not null)
            return null;

        BenchShape? only = parse.GetValue(_shape);
        (BenchShape, bool)[] cases = only is null ? s_cases : [(only, false), (only, true)];
        var plans = new List<(BenchShape, AttentionPlan)>();
        foreach (KernelPath kernel in kernels)
        {
            foreach ((BenchShape shape, bool causal) in cases)
            {
                AttentionPlan? plan = shape.Plan(causal, kernel, out refusal);
                refusal ??= MemoryRoom.Check(BytesNeeded(plan!, threads), $"measuring {shape}", "choose a smaller --shape");
                if (refusal is not null)
                    return null;
                plans.Add((shape, plan!));
            }
        }

        return plans;
    }

    private static long BytesNeeded(AttentionPlan plan, int threads) =>
        PackedContext.ByteLengthOf(plan) + PackedContext.ScratchByteLengthOf(plan, threads) + DirectJob.ByteLengthOf(plan, threads);

    private static IEnumerable<KernelSpeed> Measure(
        List<(BenchShape Shape, AttentionPlan Plan)> plans, int[] threads, int turns, CancellationToken cancellationToken)
    {
        foreach ((BenchShape shape, AttentionPlan plan) in plans)
        {
            KernelPath kernel = plan.Options.Kernel.Resolve(out _);
            foreach (int count in threads)
            {
                using var team = new ThreadTeam(count);
                using var context = new PackedContext(plan, team);
                using var job = new DirectJob(plan, context, team, KernelPaths.Create(kernel));
                Turns.WarmUp(job.Run, cancellationToken);
                double[] medians = Turns.Medians(
                    turns,
                    cancellationToken,
                    () => FmaLimit.Measure(kernel, team, TimeProvider.System),
                    () => plan.Flops / Turns.SecondsEach(job.Run) / 1e9);
                yield return new KernelSpeed(
                    kernel.Name(), shape.ToString(), plan.Options.Causal, count, medians[1], medians[0], medians[1] / medians[0]);
            }
        }
    }

    private static string Line(KernelSpeed speed) => string.Create(
        CultureInfo.InvariantCulture,
        $"{speed.Kernel,-9}{speed.Shape,-14}{(speed.Causal ? "causal" : "full"),-7}{speed.Threads,8}{speed.Gflops,10:f1}{speed.LimitGflops,10:f1}{speed.LimitFraction,8:f3}");
}
