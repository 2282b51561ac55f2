using System.Globalization;
using AttentionCluster.Benchmarks.Peers;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Tests.Kernels;

namespace AttentionCluster.Benchmarks.Differential;

/// <summary>
/// The random jobs of the kernels' tests, beside float64 and beside what libtorch and ONNX Runtime make of those that they can express.
/// </summary>
internal static class DifferentialRun
{
    /// <summary>
    /// An error, relative to the largest V, and of a log-sum-exp relative to its size or 1, that no rounding explains: scores are at most
    /// some hundreds.
    /// </summary>
    private const double ErrorMax = 5e-5;

    private const int SeedsShown = 12;

    /// <summary>Compares.</summary>
    /// <returns>Whether our results are right everywhere.</returns>
    public static bool Run(DifferentialOptions options)
    {
        PeerPackages.Load();
        LibtorchApi.SetThreads(Environment.ProcessorCount);
        (string Name, Func<DenseJob, bool> CanExpress, Func<DenseJob, DenseResult> Compute, PeerTally Tally)[] peers =
            [("libtorch", LibtorchOracle.CanExpress, LibtorchOracle.Compute, new()),
                ("ONNX Runtime", OnnxOracle.CanExpress, OnnxOracle.Compute, new())];
        KernelPath kernel = BitFamily.Fused.Best();
        using var workspace = new Workspace();
        for (int seed = options.First; seed < options.First + options.Jobs; seed++)
        {
            using OptionCombination combination = OptionCombination.Random(seed);
            if (combination.Has("sink_logits"))
                continue;
            using var job = new DenseJob(combination);
            Exact[]? exact = null;
            AttentionResult? ours = null;
            foreach ((_, Func<DenseJob, bool> canExpress, Func<DenseJob, DenseResult> compute, PeerTally tally) in peers)
            {
                if (!canExpress(job))
                    continue;
                ours ??= WholeAttention.Compute(combination.Problem, kernel, arrivalSeed: seed, workspace);
                exact ??= [.. Rows(combination, ours)];
                Compare(seed, job, combination, ours, exact, compute(job), tally);
            }
        }

        foreach ((string name, _, _, PeerTally tally) in peers)
            Print(name, tally, options);
        return peers.All(peer => peer.Tally.OursWrong.Count == 0 && peer.Tally.Jobs > 0);
    }

    private static IEnumerable<Exact> Rows(OptionCombination combination, AttentionResult ours)
    {
        foreach ((int batch, int head, int row) in ours.Rows)
        {
            (double[] output, double lse) = combination.Row<double>(batch, head, row);
            if (!double.IsNegativeInfinity(lse))
                yield return new Exact(batch, head, row, output, lse);
        }
    }

    private static void Compare(int seed, DenseJob job, OptionCombination combination, AttentionResult ours, Exact[] exact,
        DenseResult theirs, PeerTally tally)
    {
        double largest = combination.Problem.Value.Max(Math.Abs), ourWorst = 0, theirWorst = 0, difference = 0, lseDifference = 0;
        foreach (Exact row in exact)
        {
            int index = (((row.Batch * job.Heads) + row.Head) * job.Rows) + row.Row;
            ReadOnlySpan<float> our = ours.OutputRow(row.Batch, row.Head, row.Row), their =
                theirs.Output.AsSpan(index * job.Width, our.Length);
            for (int d = 0; d < our.Length; d++)
            {
                ourWorst = Worse(ourWorst, (our[d] - row.Output[d]) / largest);
                theirWorst = Worse(theirWorst, (their[d] - row.Output[d]) / largest);
                difference = Worse(difference, (our[d] - their[d]) / largest);
            }

            double size = Math.Max(1, Math.Abs(row.Lse)), lse = ours.LseOf(row.Batch, row.Head, row.Row);
            ourWorst = Worse(ourWorst, (lse - row.Lse) / size);
            if (theirs.Lse is { } lses)
                lseDifference = Worse(lseDifference, (lses[index] - lse) / size);
        }

        tally.Jobs++;
        tally.Rows += exact.Length;
        if (!(ourWorst <= ErrorMax))
            tally.OursWrong.Add(seed);
        if (!(theirWorst <= ErrorMax) || !(lseDifference <= ErrorMax))
        {
            tally.PeerWrong.Add(seed);
            return;
        }

        tally.Ours = Math.Max(tally.Ours, ourWorst);
        tally.Theirs = Math.Max(tally.Theirs, theirWorst);
        tally.Difference = Math.Max(tally.Difference, difference);
        tally.LseDifference = Math.Max(tally.LseDifference, lseDifference);
    }

    /// <summary>A NaN is as wrong as can be.</summary>
    private static double Worse(double worst, double error) =>
        Math.Max(worst, double.IsNaN(error) ? double.PositiveInfinity : Math.Abs(error));

    private static void Print(string name, PeerTally tally, DifferentialOptions options)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: {tally.Jobs} of {options.Jobs} jobs can be expressed; {tally.Rows} rows with a visible key"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  largest difference between the two "
            + $"{tally.Difference:0.0e+0}{(tally.LseDifference > 0 ? $", between log-sum-exps {tally.LseDifference:0.0e+0}" : "")}; worst "
            + $"error against float64: ours {tally.Ours:0.0e+0}, theirs {tally.Theirs:0.0e+0}"));
        Console.WriteLine($"  ours is wrong on {List(tally.OursWrong)}; theirs on {List(tally.PeerWrong)}");
    }

    private static string List(List<int> seeds) =>
        seeds.Count == 0 ? "none" : $"{seeds.Count}: seeds "
            + $"{string.Join(", ", seeds.Take(SeedsShown))}{(seeds.Count > SeedsShown ? ", ..." : "")}";

    /// <summary>A row in float64.</summary>
    private sealed record Exact(int Batch, int Head, int Row, double[] Output, double Lse);
}
