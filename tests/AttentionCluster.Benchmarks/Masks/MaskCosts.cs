using System.Globalization;
using AttentionCluster.Cluster;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Measuring;
using AttentionCluster.Core.Reports;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server;

namespace AttentionCluster.Benchmarks.Masks;

/// <summary>
/// Whether cost follows visibility: jobs with masks through an embedded node, beside the time that their visible pairs take at the speed of a causal job, and a mask
/// tensor that hides half of all tiles beside one of the same size that hides none; turn by turn, medians of the compute phase.
/// </summary>
internal static class MaskCosts
{
    private const int Heads = 2, Width = 128, CausalRows = 16_384, WindowRows = 131_072, Window = 1_024, PackedRows = 65_536, Document = 4_096, MaskRows = 8_192;

    /// <summary>The side of the squares of a mask tensor that hide all or nothing.</summary>
    private const int Square = 1_024;

    private const string Causal = "causal", AllTiles = "mask of all tiles", HalfTheTiles = "mask of half the tiles";

    /// <summary>Measures and prints.</summary>
    public static async Task RunAsync(MaskCostOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("attn-masks-").FullName;
        try
        {
            await using AttentionNode node = await AttentionNode.StartAsync(new NodeOptions { DataDirectory = folder, Threads = options.Threads }, CancellationToken.None);
            MaskedJob[] jobs = [..
                from mask in Masks()
                where mask.Name == Causal || mask.Name.Contains(options.Only, StringComparison.Ordinal)
                select new MaskedJob(node, mask.Name, mask.Query, mask.Options, mask.Tensors)];
            Dictionary<string, List<JobReport>> reports = jobs.ToDictionary(job => job.Name, _ => new List<JobReport>());

            // The first round warms up.
            for (int turn = 0; turn <= options.Turns; turn++)
            {
                foreach (MaskedJob job in jobs)
                {
                    JobReport report = (await job.RunAsync()).Report;
                    if (turn > 0)
                        reports[job.Name].Add(report);
                }
            }

            Print(jobs, reports);
            foreach (MaskedJob job in jobs)
                job.Dispose();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<(string Name, TensorShape Query, AttentionOptions Options, (string, ElementType, long[], byte[])[] Tensors)> Masks()
    {
        var causal = new AttentionOptions { Causal = true };
        yield return (Causal, new TensorShape(1, Heads, CausalRows, Width), causal, []);
        yield return ("window", new TensorShape(1, Heads, WindowRows, Width), causal with { Window = (Window - 1, 0) }, []);
        var packed = new TensorShape(1, Heads, PackedRows, Width);
        byte[] lengths = [.. Enumerable.Repeat(BitConverter.GetBytes((long)Document), PackedRows / Document).SelectMany(bytes => bytes)];
        (string, ElementType, long[], byte[])[] documents =
            [.. new[] { "q_document_lengths", "k_document_lengths" }.Select(name => (name, ElementType.Int64, new long[] { PackedRows / Document }, lengths))];
        yield return ("documents", packed, new AttentionOptions(), documents);
        yield return ("causal documents", packed, causal, documents);
        var square = new TensorShape(1, Heads, MaskRows, Width);
        yield return (AllTiles, square, new AttentionOptions(), [Mask((_, _) => true)]);
        yield return (HalfTheTiles, square, new AttentionOptions(), [Mask((row, key) => ((row + key) & 1) == 0)]);
    }

    private static (string, ElementType, long[], byte[]) Mask(Func<int, int, bool> isVisible)
    {
        byte[] mask = new byte[MaskRows * MaskRows];
        for (int row = 0; row < MaskRows; row++)
        {
            for (int key = 0; key < MaskRows; key += Square)
                mask.AsSpan((row * MaskRows) + key, Square).Fill(isVisible(row / Square, key / Square) ? (byte)1 : (byte)0);
        }

        return ("mask", ElementType.Boolean, [MaskRows, MaskRows], mask);
    }

    private static void Print(MaskedJob[] jobs, Dictionary<string, List<JobReport>> reports)
    {
        Console.WriteLine($"{"mask",-24}{"rows",8}{"GFLOP",9}{"compute s",11}{"at causal speed s",19}{"ratio",8}{"busy",8}");
        double[] causalSeconds = [.. reports[Causal].Select(report => report.Seconds.Compute)];
        foreach (MaskedJob job in jobs)
        {
            List<JobReport> own = reports[job.Name];

            // Each turn beside the causal job of the same turn.
            double[] ideal = [.. own.Zip(causalSeconds, (report, seconds) => report.Flops / reports[Causal][0].Flops * seconds)];
            double ratio = Turns.Median([.. own.Zip(ideal, (report, seconds) => report.Seconds.Compute / seconds)]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{job.Name,-24}{job.Shape.Rows,8}{own[0].Flops / 1e9,9:f1}{Turns.Median([.. own.Select(report => report.Seconds.Compute)]),11:f3}{Turns.Median(ideal),19:f3}{ratio,8:f3}{Turns.Median([.. own.Select(report => report.IdealFraction)]),8:f3}"));
        }

        if (reports.TryGetValue(AllTiles, out List<JobReport>? all) && reports.TryGetValue(HalfTheTiles, out List<JobReport>? half))
        {
            double share = Turns.Median([.. half.Zip(all, (some, whole) => some.Seconds.Compute / whole.Seconds.Compute)]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a mask that hides half of all tiles takes {share:f3} of the time of one that hides none"));
        }
    }
}
