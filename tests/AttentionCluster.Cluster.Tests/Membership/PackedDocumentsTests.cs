using System.Runtime.InteropServices;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Membership;

/// <summary>Documents of unequal numbers of rows and keys, one after the other, are computed as each of them alone.</summary>
public sealed class PackedDocumentsTests(RunningNode node) : IClassFixture<RunningNode>, IDisposable
{
    private const int Width = 4;

    private static readonly (int Rows, int Keys)[] s_documents = [(3, 40), (0, 7), (50, 9), (20, 20), (1, 64), (6, 0)];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, -1, true)]
    [InlineData(true, 5, false)]
    [InlineData(false, 3, true)]
    public async Task Each_row_is_that_of_its_document_alone(bool causal, long left, bool byLengths)
    {
        var options = new AttentionOptions
        {
            Causal = causal,
            Window = (left, causal ? -1 : 2),
            KeysPerSegment = 32,
            RowsPerBlock = 16,
            VerifyRows = 100
        };
        (int rows, int keys) = (s_documents.Sum(one => one.Rows), s_documents.Sum(one => one.Keys));
        float[] q = Numbers(rows, 1), k = Numbers(keys, 2), v = Numbers(keys, 3);
        (string, ElementType, long[], byte[])[] documents = byLengths
            ? [Integers("q_document_lengths", s_documents.Select(one => (long)one.Rows)),
                Integers("k_document_lengths", s_documents.Select(one => (long)one.Keys))]
            : [Integers("q_documents", s_documents.SelectMany((one, id) => Enumerable.Repeat(50L - id, one.Rows))),
                Integers("k_documents", s_documents.SelectMany((one, id) => Enumerable.Repeat(50L - id, one.Keys)))];

        JobOutcome packed = await node.RunAsync(JobOf(options, (q, rows), (k, keys), (v, keys))
            .With(node.Store, Path.Combine(_folder.Path, "documents"), documents));

        Assert.Equal((JobState.Succeeded, true), (packed.Report.State, packed.Report.Verify?.Ok));
        float[] output = Output(packed);
        for (int i = 0, row = 0, key = 0; i < s_documents.Length; row += s_documents[i].Rows, key += s_documents[i].Keys, i++)
        {
            (int ownRows, int ownKeys) = s_documents[i];
            float[] expected = ownRows == 0 || ownKeys == 0 ? new float[ownRows * Width] : Output(await node.RunAsync(
                JobOf(options, (Part(q, row, ownRows), ownRows), (Part(k, key, ownKeys), ownKeys), (Part(v, key, ownKeys), ownKeys))));
            for (int at = 0; at < expected.Length; at++)
                Assert.Equal(expected[at], output[(row * Width) + at], 1e-6f);
        }
    }

    private JobRequest JobOf(AttentionOptions options, params (float[] Numbers, int Rows)[] tensors) =>
        node.JobOf(options, [.. tensors.Select(tensor => (new TensorShape(1, 1, tensor.Rows, Width), tensor.Numbers))]);

    private static float[] Output(JobOutcome outcome)
    {
        using TensorFile result = TensorFile.Open(outcome.ResultPath!);
        TensorEntry entry = result.Find("o")!;
        float[] output = new float[entry.ByteLength / sizeof(float)];
        result.Read(entry, 0, MemoryMarshal.AsBytes(output.AsSpan()));
        return output;
    }

    private static float[] Part(float[] numbers, int row, int rows) => numbers[(row * Width)..((row + rows) * Width)];

    private static float[] Numbers(int rows, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows * Width).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static (string, ElementType, long[], byte[]) Integers(string name, IEnumerable<long> numbers)
    {
        long[] all = [.. numbers];
        return (name, ElementType.Int64, [1, all.Length], MemoryMarshal.AsBytes(all.AsSpan()).ToArray());
    }
}
