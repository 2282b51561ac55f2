using System.IO.Compression;
using System.Text;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tests.Fuzzing;
using static AttentionCluster.Core.Tests.Formats.SafetensorsBytes;

namespace AttentionCluster.Core.Tests.Formats;

/// <summary>Whatever stands in a file, a header or a report: it is read or refused, at a price in proportion.</summary>
[Collection(FuzzCollection.Name)]
public class FuzzReaderTests
{
    private const long AllocatedBytesMax = 64 << 10;

    /// <summary>System.IO.Compression has buffers of its own, and a deflated member may honestly unfold a thousandfold.</summary>
    private const long ArchiveAllocatedBytesMax = 4 << 20;

    private static readonly string[] s_headers =
    [
        "{}",
        $$"""{"__metadata__":{"a":"b","c":"ä"},{{Tensor("q", "F32", "2,3", 0, 24)}},{{Tensor("k", "I64", "1", 24, 32)}}}""",
        $$"""{ {{Tensor("q", "BF16", "1,2,3,4", 0, 48)}} , {{Tensor("k", "F4", "2", 48, 49)}}, {{Tensor("v", "F64", "", 49, 57)}} }   """,
    ];

    private static readonly byte[] _npy = NpyBytes.Of(NpyBytes.TwoByThree, 24);

    [Fact]
    public void A_damaged_header_of_safetensors_is_read_or_refused() => FuzzLoop.Run(
        3_000, [.. s_headers.Select(Encoding.UTF8.GetBytes)],
        header =>
        {
            SafetensorsPrefix file = SafetensorsPrefix.Parse(header, "x");
            Assert.True(file.FileLength >= SafetensorsPrefix.LengthBytes + header.Length);
        },
        IsShortRefusal, AllocatedBytesMax);

    [Fact]
    public void A_damaged_safetensors_file_is_read_or_refused() =>
        Files(1_000, [Of(s_headers[0], 0), Of(s_headers[1], 32), Of(s_headers[2], 57)], AllocatedBytesMax);

    [Fact]
    public void A_damaged_npy_file_of_any_version_is_read_or_refused() =>
        Files(1_500, [_npy, NpyBytes.Of(NpyBytes.TwoByThree, 24, version: 2),
            NpyBytes.Of("{'shape': (), 'fortran_order': False, 'descr': '<f8'}", 8, version: 3)], AllocatedBytesMax);

    [Fact]
    public void A_damaged_archive_is_read_or_refused() => Files(
        1_000,
        [
            NpzBytes.Of(CompressionLevel.Optimal, ("q.npy", _npy),
                ("k.npy", NpyBytes.Of("{'descr': '<f4', 'fortran_order': False, 'shape': (1000,)}", 4000))),
            NpzBytes.Of(CompressionLevel.NoCompression, ("q.npy", _npy), ("k.npy", _npy)),
        ],
        ArchiveAllocatedBytesMax);

    [Fact]
    public void A_damaged_report_is_read_or_refused() => FuzzLoop.Run(
        1_000, [Encoding.UTF8.GetBytes(Report)], json => JobReport.FromJson(Encoding.UTF8.GetString(json)),
        problem => problem is System.Text.Json.JsonException, AllocatedBytesMax);

    [Fact]
    public void A_refusal_quotes_no_more_than_a_reader_wants_to_see()
    {
        string text = new('x', 1 << 20);

        Assert.All(
            [
                $"{{\"q\":{{\"dtype\":\"{text}\",\"shape\":[1],\"data_offsets\":[4,0]}}}}",
                $"{{\"q\":{{\"{text}\":1}}}}",
                $"{{\"__metadata__\":{{\"{text}\":\"1\",\"{text}\":\"2\"}}}}",
            ],
            header => Assert.InRange(
                Assert.Throws<TensorFormatException>(() => SafetensorsPrefix.Parse(Encoding.UTF8.GetBytes(header), "x")).Message.Length, 1,
                    5_000));
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(int.MaxValue - 1)]
    [InlineData(int.MaxValue - 100)]
    public async Task A_plan_for_the_most_rows_that_there_can_be_is_made_in_time(int rows)
    {
        AttentionShape? shape = AttentionShape.Create(new(1, 1, rows, 1), new(1, 1, 1, 1), new(1, 1, 1, 1), out _);

        Task<AttentionPlan?> plan = Task.Run(() => AttentionPlan.Create(shape!, new AttentionOptions(), out _));

        Assert.Equal(4.0 * rows, (await plan.WaitAsync(TimeSpan.FromSeconds(60)))!.Flops);
    }

    private static string Report => new JobReport
    {
        Id = "a",
        State = JobState.Succeeded,
        Seconds = new PhaseSeconds(0, 1, 2, 3, 6),
        Flops = 1e9,
        Gflops = 1,
        IdealFraction = 0.5,
        TilesComputed = 1,
        TilesSkipped = 2,
        Tasks = 3,
        Retries = 0,
        BytesMoved = 1000,
        Workers = ["w"],
        Threads = 2,
        Kernel = "avx2",
        KeysPerSegment = 16_384,
        RowsPerBlock = 1_024,
    }.ToJson();

    private static void Files(int cases, byte[][] sound, long allocatedBytesMax)
    {
        using TemporaryFile file = new([]);
        FuzzLoop.Run(
            cases, sound,
            bytes =>
            {
                File.WriteAllBytes(file.Path, bytes);
                using TensorFile opened = TensorFile.Open(file.Path);
                foreach (TensorEntry entry in opened.Entries)
                    opened.Bytes(entry).ToNative().Dispose();
            },
            IsShortRefusal, allocatedBytesMax);
    }

    private static bool IsShortRefusal(Exception problem) =>
        problem is TensorFormatException && problem.Message.Contains("; wanted ", StringComparison.Ordinal);
}
