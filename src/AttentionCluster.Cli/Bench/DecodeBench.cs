using System.CommandLine;
using System.Globalization;
using AttentionCluster.Cli.Options;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Measuring;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Bench;

/// <summary>
/// <c>attn bench decode</c>: few query rows against a long resident context, as a share of the read bandwidth of the same threads.
/// </summary>
internal sealed class DecodeBench
{
    private const int Heads = 8;
    private const int Width = 128;
    private const int KeysDefault = 262_144;

    /// <summary>Query rows of a head: one token, a few that are guessed ahead, a small batch.</summary>
    private static readonly int[] s_rows = [1, 4, 16];

    private readonly BenchOptionSet _options = new();

    private readonly Option<int?> _keys = OptionValues.SmallInteger("--keys", $"Keys of each of {Heads} heads (default: {KeysDefault})");

    private readonly Option<ElementType?> _dtype = OptionValues.Word(
        "--dtype",
        "How K and V are held (default: f32, then bf16)",
        ("f32", ElementType.Float32),
        ("f16", ElementType.Float16),
        ("bf16", ElementType.BFloat16));

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var bench = new DecodeBench();
        var command = new Command("decode", "Measures few query rows against a long context as a share of what the same threads read with "
            + "loads alone.");
        bench._options.AddTo(command, "auto", "1, and all processors");
        command.Add(bench._keys);
        command.Add(bench._dtype);
        Shell.SetWork(command, bench.RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        InvocationConfiguration terminal = parse.InvocationConfiguration;
        int[] threads = _options.Threads(parse, [.. new[] { 1, Environment.ProcessorCount }.Distinct()]);
        ElementType[] types = parse.GetValue(_dtype) is { } type ? [type] : [ElementType.Float32, ElementType.BFloat16];
        List<AttentionPlan>? plans = Plan(parse, threads.Max(), types[0], out Refusal? refusal);
        return plans is null
            ? Task.FromResult(BenchOutput.Refuse(terminal, refusal!))
            : BenchOutput.WriteAsync(
                terminal,
                _options.Json(parse),
                $"{"kernel",-9}{"dtype",-6}{"heads",6}{"rows",6}{"keys",9}{"width",6}{"threads",8}{"K, V GB/s",11}{"read GB/s",11}{"share",8}",
                Measure(plans, types, threads, _options.TurnCount(parse), cancellationToken).ToAsyncEnumerable(),
                Line,
                BenchJson.Default.ListDecodeSpeed);
    }

    private List<AttentionPlan>? Plan(ParseResult parse, int threads, ElementType type, out Refusal? refusal)
    {
        KernelPath kernel = _options.Kernel(parse, out refusal);
        int keys = parse.GetValue(_keys) ?? KeysDefault;
        if (keys < 1)
            refusal ??= new Refusal(ErrorCode.OptionOutOfRange, $"keys is {keys}; it must be at least 1");
        if (refusal is not null)
            return null;

        var context = new TensorShape(1, Heads, keys, Width);
        var plans = new List<AttentionPlan>();
        foreach (int rows in s_rows)
        {
            AttentionShape shape = AttentionShape.Create(context with { Rows = rows }, context, context, out _)!;
            AttentionPlan? plan = AttentionPlan.Create(shape, new AttentionOptions { Kernel = kernel.Choice() }, out refusal);
            if (plan is null)
                return null;
            plans.Add(plan);
        }

        refusal = CheckMemory(plans[^1], threads, type);
        return refusal is null ? plans : null;
    }

    /// <summary>Asked of the plan with the most query rows and the largest elements: the others' context is no larger.</summary>
    private static Refusal? CheckMemory(AttentionPlan plan, int threads, ElementType type)
    {
        long context = PackedContext.ByteLengthOf(plan, type);
        long rest = PackedContext.ScratchByteLengthOf(plan, threads, type) + DirectJob.ByteLengthOf(plan, threads);
        return MemoryRoom.Check(
            (2 * context) + rest,
            $"measuring {plan.Shape.Keys} keys a head, with {ByteSize.Text(context)} for K and V and as much for the buffer that the read "
                + "bandwidth is measured on",
            "choose fewer --keys");
    }

    private static IEnumerable<DecodeSpeed> Measure(
        List<AttentionPlan> plans, ElementType[] types, int[] threads, int turns, CancellationToken cancellationToken) =>
        types.SelectMany(type => Measure(plans, type, threads, turns, cancellationToken));

    private static IEnumerable<DecodeSpeed> Measure(
        List<AttentionPlan> plans, ElementType type, int[] threads, int turns, CancellationToken cancellationToken)
    {
        using var packing = new ThreadTeam(threads.Max());
        using var context = new PackedContext(plans[0], packing, type);
        foreach (int count in threads)
        {
            using var team = new ThreadTeam(count);
            using var bandwidth = new ReadBandwidth(team, context.ByteLength);
            foreach (AttentionPlan plan in plans)
            {
                using var job = new DirectJob(plan, context, team, KernelPaths.Create(plan.Options.Kernel.Resolve(out _)));
                Turns.WarmUp(job.Run, cancellationToken);
                double[] medians = Turns.Medians(
                    turns,
                    cancellationToken,
                    () => bandwidth.Measure(TimeProvider.System),
                    () => context.ByteLength / Turns.SecondsEach(job.Run) / 1e9);
                yield return new DecodeSpeed(
                    plan.Options.Kernel.Resolve(out _).Name(), Name(type), Heads, plan.Shape.QueryRows, plan.Shape.Keys, Width, count,
                        context.ByteLength, medians[1], medians[0],
                    medians[1] / medians[0]);
            }
        }
    }

    private static string Name(ElementType type) => type switch
    {
        ElementType.Float16 => "f16",
        ElementType.BFloat16 => "bf16",
        _ => "f32",
    };

    private static string Line(DecodeSpeed speed) => string.Create(
        CultureInfo.InvariantCulture,
        $"{speed.Kernel,-9}{speed.Dtype,-6}{speed.Heads,6}{speed.Rows,6}{speed.Keys,9}{speed.Width,6}{speed.Threads,8}{speed.KvGbPerSecond,11:f1}{speed.ReadGbPerSecond,11:f1}{speed.ReadFraction,8:f3}");
}
