using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Measuring;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Benchmarks.DataPlane;

/// <summary>What the data plane moves between two processes of one machine, beside a plain stream, turn by turn.</summary>
internal static class TransferSpeed
{
    private const double Megabyte = 1e6;

    public static void Run()
    {
        string directory = Directory.CreateTempSubdirectory("attn-transfer-").FullName;
        try
        {
            using SourceProcess source = SourceProcess.Start();
            Measure(source, directory);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Measure(SourceProcess source, string directory)
    {
        using var store = new TensorStore(directory);
        using var published = new PublishedPayloads("destination", 1, TimeSpan.FromHours(1), TimeProvider.System, lastId: 0);
        using var plane = new HttpDataPlane(store, published, 1 << 20, new DataPlaneOptions { Secret = SourceProcess.Secret },
            TimeProvider.System);
        using var http = new HttpClient();
        using var payload = new NativeBuffer(SourceProcess.PayloadBytes);
        byte[] array = new byte[SourceProcess.PayloadBytes];
        var tensor = new TensorSource("t", SourceProcess.Shape.Width * sizeof(float), source.Address);
        var rows = new RowRange(0, 0, 0, SourceProcess.Shape.Rows);

        double PullPayload()
        {
            Claim claim = source.Publish();
            return Speed(() => plane.PullAsync(claim, payload, default));
        }

        double PullRows() => Speed(() => plane.PullRowsAsync(tensor, rows, (_, _) => { }, default));
        double ReadPlain() => Speed(() => PlainStream.ReadAsync(http, source.PlainUrl, array));

        Turns.WarmUp(() => _ = PullPayload() + PullRows() + ReadPlain(), default);
        double[] medians = Turns.Medians(Turns.Default, default, PullPayload, PullRows, ReadPlain);
        Console.WriteLine($"64 MiB at a time, medians of {Turns.Default} turns, MB/s:");
        Console.WriteLine($"  payload, checked           {medians[0],6:f0}   {medians[0] / medians[2]:f2} of plain");
        Console.WriteLine($"  rows of a tensor, checked  {medians[1],6:f0}   {medians[1] / medians[2]:f2} of plain");
        Console.WriteLine($"  plain HTTP/1.1 stream      {medians[2],6:f0}");
    }

    private static double Speed(Func<Task> transfer) =>
        SourceProcess.PayloadBytes / Megabyte / Turns.Seconds(() => transfer().GetAwaiter().GetResult());
}
