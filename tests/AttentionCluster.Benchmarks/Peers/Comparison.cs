using System.Globalization;
using System.Text.Json;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Measuring;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>Our kernel, libtorch, ONNX Runtime and the multiply-add limit in one process, turn by turn, medians.</summary>
internal static class Comparison
{
    /// <summary>Above this error, relative to the largest V, a result is wrong and not worth timing.</summary>
    private const double ErrorMax = 1e-5;

    /// <summary>
    /// Threads of the peers' pools go on spinning for some milliseconds after a run, in wait of the next one: who is measured then
    /// would share the processors with them.
    /// </summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(30);

    private static readonly int[] s_threads = [1, 2];

    private static readonly JsonSerializerOptions s_json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private static readonly (PeerShape Shape, bool[] Causal)[] s_cases =
    [
        (new(8, 8, 4096, 64), [false, true]), (new(8, 8, 4096, 128), [false, true]), (new(2, 2, 16384, 128), [true]),
            (new(8, 2, 4096, 128), [false, true]),
        (new(8, 8, 4096, 40), [false]), (new(8, 8, 4096, 80), [false]), (new(8, 8, 4096, 96), [false]), (new(8, 8, 4096, 256), [false]),
        (new(8, 8, 1021, 128), [false, true]), (new(8, 8, 4099, 128), [false, true]),
    ];

    public static void Run(ComparisonOptions options)
    {
        PeerPackages.Load();
        if (!options.Json)
            Console.WriteLine($"{"shape",-18}{"",-8}{"threads",8}{"limit",9}{"ours",9}{"libtorch",10}{"onnx",8}{"/limit",8}{"/libtorch",10}{"/onnx",8}   error ours, libtorch");
        var results = new List<ComparisonResult>();
        foreach ((PeerShape shape, bool causal) in Wanted(options))
        {
            using var problem = new PeerProblem(shape, causal, BitFamily.Fused.Best());
            foreach (int threads in s_threads)
            {
                results.Add(Compare(problem, threads, options.Turns));
                if (!options.Json)
                    Print(results[^1]);
            }
        }

        if (options.Json)
            Console.WriteLine(JsonSerializer.Serialize(results, s_json));
    }

    private static IEnumerable<(PeerShape Shape, bool Causal)> Wanted(ComparisonOptions options) =>
        from item in s_cases
        where item.Shape.ToString().Contains(options.Shape, StringComparison.OrdinalIgnoreCase)
        from causal in item.Causal
        select (item.Shape, causal);

    private static ComparisonResult Compare(PeerProblem problem, int threads, int turns)
    {
        using var team = new ThreadTeam(threads);
        using var ours = new OurKernel(problem, team);
        using var libtorch = new Libtorch(problem, threads);
        using var onnxRuntime = new OnnxRuntime(problem, threads);
        IPeer[] peers = [ours, libtorch, onnxRuntime];
        double[] errors = [.. peers.Select(peer => Check(problem, peer))];
        Func<double> limit = () => FmaLimit.Measure(problem.Plan.Options.Kernel.Resolve(out _), team, TimeProvider.System);
        Func<double>[] measurements = [limit, .. peers.Select(peer => (Func<double>)(() => Gflops(problem, peer)))];
        double[] medians = Turns.Medians(turns, default, [.. measurements.Select(AfterPause)]);
        return new ComparisonResult(
            problem.Shape.ToString(), problem.Plan.Options.Causal, threads, medians[0], medians[1], medians[2], medians[3], errors[0],
                errors[1]);
    }

    /// <summary>Warms up, and checks what was computed.</summary>
    private static double Check(PeerProblem problem, IPeer peer)
    {
        Turns.WarmUp(peer.Run, default);
        double error = problem.ErrorOf(peer);
        return error <= ErrorMax ? error : throw new InvalidOperationException(
            $"{peer.GetType().Name} is wrong on {problem.Shape}: its error is {error.ToString(CultureInfo.InvariantCulture)} of the "
                + "largest V");
    }

    private static double Gflops(PeerProblem problem, IPeer peer) => problem.Plan.Flops / Turns.Seconds(peer.Run) / 1e9;

    private static Func<double> AfterPause(Func<double> measure) => () =>
    {
        Thread.Sleep(s_pause);
        return measure();
    };

    private static void Print(ComparisonResult r) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{r.Shape,-18}{(r.Causal ? "causal" : "full"),-8}{r.Threads,8}{r.LimitGflops,9:f1}{r.OursGflops,9:f1}{r.LibtorchGflops,10:f1}{r.OnnxruntimeGflops,8:f1}{r.OursGflops / r.LimitGflops,8:f3}{r.OursGflops / r.LibtorchGflops,10:f2}{r.OursGflops / r.OnnxruntimeGflops,8:f2}   {r.OursMaxError:0.0e+0}, {r.LibtorchMaxError:0.0e+0}"));
}
