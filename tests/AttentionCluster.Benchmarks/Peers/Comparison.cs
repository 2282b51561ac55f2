using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AttentionCluster.Core.Kernels;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>Our kernel, libtorch, ONNX Runtime and the multiply-add limit in one process, turn by turn, medians.</summary>
internal static class Comparison
{
    private const int Turns = 11;
    private const int RowsChecked = 16;

    /// <summary>Above this error, relative to the largest V, a result is wrong and not worth timing.</summary>
    private const double ErrorMax = 1e-5;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private static readonly (int Heads, int KvHeads, int Rows, int Width, bool[] Causal)[] s_shapes =
    [
        (8, 8, 4096, 64, [false, true]), (8, 8, 4096, 128, [false, true]), (2, 2, 16384, 128, [true]), (8, 2, 4096, 128, [false, true]),
        (8, 8, 4096, 40, [false]), (8, 8, 4096, 80, [false]), (8, 8, 4096, 96, [false]), (8, 8, 4096, 256, [false]),
        (8, 8, 1021, 128, [false, true]), (8, 8, 4099, 128, [false, true]),
    ];

    public static void Run(bool json)
    {
        PeerPackages.Load();
        var results = new List<ComparisonResult>();
        if (!json)
            Console.WriteLine($"{"shape",-18}{"",-8}{"threads",8}{"limit",9}{"ours",9}{"libtorch",10}{"onnx",8}{"/limit",8}{"/libtorch",10}{"/onnx",8}   error ours, libtorch");
        foreach (int threads in (int[])[1, 2])
        {
            foreach ((int heads, int kvHeads, int rows, int width, bool[] causal) in s_shapes)
            {
                foreach (bool isCausal in causal)
                {
                    using var problem = new PeerProblem(heads, kvHeads, rows, width, isCausal, KernelPaths.Resolve(KernelPath.Auto, out _));
                    ComparisonResult result = Compare(problem, threads);
                    results.Add(result);
                    if (!json)
                        Print(result);
                }
            }
        }

        if (json)
            Console.WriteLine(JsonSerializer.Serialize(results, s_json));
    }

    private static ComparisonResult Compare(PeerProblem problem, int threads)
    {
        using var ours = new OurKernel(problem, threads);
        using var libtorch = new Libtorch(problem, threads);
        using var onnxRuntime = new OnnxRuntime(problem, threads);
        IPeer[] peers = [ours, libtorch, onnxRuntime];
        double[] errors = [.. peers.Select(peer => Check(problem, peer))];
        double[] limit = new double[Turns];
        double[][] seconds = [.. peers.Select(_ => new double[Turns])];
        for (int turn = 0; turn < Turns; turn++)
        {
            limit[turn] = FmaLimit.Measure(problem.Plan.Kernel == KernelPath.Avx512, threads);
            for (int i = 0; i < peers.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                peers[i].Run();
                seconds[i][turn] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }

        double Gflops(int peer) => problem.Plan.Flops / KernelSpeed.Median(seconds[peer]) / 1e9;
        return new ComparisonResult(
            problem.Name, problem.Plan.Options.Causal, threads, KernelSpeed.Median(limit), Gflops(0), Gflops(1), Gflops(2), errors[0], errors[1]);
    }

    private static double Check(PeerProblem problem, IPeer peer)
    {
        peer.Run();
        double error = problem.ErrorOf(peer, RowsChecked);
        return error <= ErrorMax ? error : throw new InvalidOperationException(
            $"{peer.GetType().Name} is wrong on {problem.Name}: its error is {error.ToString(CultureInfo.InvariantCulture)} of the largest V");
    }

    private static void Print(ComparisonResult r) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{r.Shape,-18}{(r.Causal ? "causal" : "full"),-8}{r.Threads,8}{r.LimitGflops,9:f1}{r.OursGflops,9:f1}{r.LibtorchGflops,10:f1}{r.OnnxruntimeGflops,8:f1}{r.OursGflops / r.LimitGflops,8:f3}{r.OursGflops / r.LibtorchGflops,10:f2}{r.OursGflops / r.OnnxruntimeGflops,8:f2}   {r.OursMaxError:e1}, {r.LibtorchMaxError:e1}"));
}
