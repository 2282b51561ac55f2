using System.Diagnostics;
using AttentionCluster.Core.Kernels;

namespace AttentionCluster.Benchmarks;

/// <summary>One thread of a kernel path against the multiply-add limit of the same thread, turn by turn, medians.</summary>
internal static class KernelSpeed
{
    private const int Turns = 11;

    private static readonly (int Keys, int Width, bool Causal)[] s_shapes =
    [
        (4096, 128, false), (4096, 128, true), (16384, 128, true), (4096, 64, false), (4096, 64, true),
        (4096, 40, false), (4096, 80, false), (4096, 96, false), (4096, 256, false), (4099, 128, false), (1021, 128, false),
    ];

    public static void Run(string[] paths)
    {
        KernelPath[] wanted = paths.Length > 0
            ? [.. paths.Select(path => Enum.Parse<KernelPath>(path, ignoreCase: true))]
            : [.. KernelPaths.All.Where(path => path != KernelPath.Reference && KernelPaths.IsSupported(path))];
        foreach (KernelPath path in wanted)
        {
            foreach ((int keys, int width, bool causal) in s_shapes)
                Compare(path, keys, width, causal);
        }
    }

    private static void Compare(KernelPath path, int n, int width, bool causal)
    {
        using var problem = new DirectProblem(n, width, causal, path);
        problem.RunOnce();
        double[] ours = new double[Turns], limit = new double[Turns];
        for (int turn = 0; turn < Turns; turn++)
        {
            limit[turn] = FmaLimit.Measure(path == KernelPath.Avx512);
            long start = Stopwatch.GetTimestamp();
            problem.RunOnce();
            ours[turn] = problem.Flops / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
        }

        (double speed, double most) = (Median(ours), Median(limit));
        Console.WriteLine($"{path.Name(),-8} N{n,-6} D{width,-4}{(causal ? "causal" : "full"),-7} {speed,7:f1} of {most,6:f1} GFLOP/s  {speed / most:f3}");
    }

    internal static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
