using System.Globalization;
using AttentionCluster.Cluster;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Measuring;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server;

namespace AttentionCluster.Benchmarks.Masks;

/// <summary>
/// Whether cost follows visibility: jobs with masks through an embedded node, each by turns with a causal job, beside the time that its
/// visible pairs take at that one's speed; and a mask tensor that hides half of all tiles, by turns with one of the same size that hides
/// none. Medians of the compute phase.
/// </summary>
internal static class MaskCosts
{
    private const int Heads = 2, Width = 128, CausalRows = 16_384, WindowRows = 131_072, Window = 1_024, PackedRows = 65_536, Document =
        4_096, MaskRows = 8_192;

    /// <summary>The side of the squares of a mask tensor that hide all or nothing.</summary>
    private const int Square = 1_024;

    private const string Causal = "causal", Windowed = "window", Documents = "documents", CausalDocuments = "causal documents",
        AllTiles = "mask of all tiles", HalfTheTiles = "mask of half the tiles";

    /// <summary>What is measured, and beside what.</summary>
    private static readonly (string Mask, string Beside)[] Pairs =
        [(Windowed, Causal), (Documents, Causal), (CausalDocuments, Causal), (AllTiles, Causal), (HalfTheTiles, AllTiles)];

    /// <summary>Measures and prints.</summary>
    public static async Task RunAsync(MaskCostOptions options)
    {
        var jobs = new Dictionary<string, MaskedJob>();
        string folder = Directory.CreateTempSubdirectory("attn-masks-").FullName;
        try
        {
            await using AttentionNode node =
                await AttentionNode.StartAsync(new NodeOptions { DataDirectory = folder, Threads = options.Threads },
                CancellationToken.None);
            MaskedJob Job(string name)
            {
                if (!jobs.TryGetValue(name, out MaskedJob? job))
                {
                    (string _, TensorShape query, AttentionOptions mask, (string, ElementType, long[], byte[])[] tensors) =
                        Masks().Single(mask => mask.Name == name);
                    jobs.Add(name, job = new MaskedJob(node, name, query, mask, tensors));
                }

                return job;
            }

            Console.WriteLine($"{"mask",-24}{"beside",-20}{"rows",8}{"GFLOP",9}{"compute s",11}{"at its speed s",16}{"ratio",8}{"time",8}{"busy",8}");
            foreach ((string name, string other) in Pairs.Where(pair => pair.Mask.Contains(options.Only, StringComparison.Ordinal)))
            {
                await MeasureAsync(Job(name), Job(other), options.Turns);
            }
        }
        finally
        {
            foreach (MaskedJob job in jobs.Values)
                job.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<(string Name, TensorShape Query, AttentionOptions Options,
        (string, ElementType, long[], byte[])[] Tensors)> Masks()
    {
        var causal = new AttentionOptions { Causal = true };
        yield return (Causal, new TensorShape(1, Heads, CausalRows, Width), causal, []);
        yield return (Windowed, new TensorShape(1, Heads, WindowRows, Width), causal with { Window = (Window - 1, 0) }, []);
        var packed = new TensorShape(1, Heads, PackedRows, Width);
        byte[] lengths = [.. Enumerable.Repeat(BitConverter.GetBytes((long)Document), PackedRows / Document).SelectMany(bytes => bytes)];
        (string, ElementType, long[], byte[])[] documents =
            [.. new[] { "q_document_lengths", "k_document_lengths" }.Select(name =>
                (name, ElementType.Int64, new long[] { PackedRows / Document }, lengths))];
        yield return (Documents, packed, new AttentionOptions(), documents);
        yield return (CausalDocuments, packed, causal, documents);
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

    /// <summary>By turns, after one that warms up.</summary>
    private static async Task MeasureAsync(MaskedJob job, MaskedJob beside, int turns)
    {
        var reports = new List<JobReport>();
        var others = new List<JobReport>();
        for (int turn = 0; turn <= turns; turn++)
        {
            JobReport other = (await beside.RunAsync()).Report, report = (await job.RunAsync()).Report;
            if (turn > 0)
            {
                others.Add(other);
                reports.Add(report);
            }
        }

        double[] ideal = [.. reports.Zip(others, (report, other) => report.Flops / other.Flops * other.Seconds.Compute)];
        double ratio = Turns.Median([.. reports.Zip(ideal, (report, seconds) => report.Seconds.Compute / seconds)]);
        double time = Turns.Median([.. reports.Zip(others, (report, other) => report.Seconds.Compute / other.Seconds.Compute)]);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{job.Name,-24}{beside.Name,-20}{job.Shape.Rows,8}{reports[0].Flops / 1e9,9:f1}{Turns.Median([.. reports.Select(report => report.Seconds.Compute)]),11:f3}{Turns.Median(ideal),16:f3}{ratio,8:f3}{time,8:f3}{Turns.Median([.. reports.Select(report => report.IdealFraction)]),8:f3}"));
    }
}
