using System.Text.Json;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Core.Tests.Api;

/// <summary>A report where there is little room, such as in a header.</summary>
public sealed class ShortenedReportTests
{
    private const int BytesMax = 4096;

    private static readonly JobReport s_short = new()
    {
        Id = "job",
        State = JobState.Succeeded,
        Seconds = new PhaseSeconds(0, 1, 2, 3, 6),
        Flops = 1e9,
        Gflops = 0.5,
        IdealFraction = 0.9,
        TilesComputed = 3,
        TilesSkipped = 1,
        Tasks = 4,
        Retries = 0,
        BytesMoved = 100,
        Workers = ["a"],
        Threads = 2,
        Kernel = "portable",
        KeysPerSegment = 16384,
        RowsPerBlock = 1024,
    };

    [Fact]
    public void One_that_fits_is_whole()
    {
        Assert.Equal(s_short.ToJson(), s_short.ToJson(BytesMax));
        Assert.DoesNotContain("left_out", s_short.ToJson(), StringComparison.Ordinal);
        Assert.Null(JobReport.FromJson(s_short.ToJson()).LeftOut);
    }

    [Fact]
    public void What_does_not_fit_is_left_out_by_name_the_longest_first()
    {
        JobReport report = s_short with
        {
            Warnings = [.. Enumerable.Range(0, 100).Select(i => $"the tensor \u00e4 {i} has NaN")],
            Workers = [.. Enumerable.Range(0, 1000).Select(i => $"worker-{i}")],
            MaskPicture = [.. Enumerable.Repeat(new string('#', 60), 20)],
        };

        string json = report.ToJson(BytesMax);

        Assert.InRange(json.Length, 1000, BytesMax);
        Assert.All(json, letter => Assert.InRange(letter, ' ', '~'));
        JobReport read = JobReport.FromJson(json);
        Assert.Equal(["workers", "warnings"], read.LeftOut);
        Assert.Equal((report with { Workers = [], Warnings = [] }).ToJson(), (read with { LeftOut = null }).ToJson());
        Assert.Equal(JsonValueKind.Array, JsonSerializer.Deserialize<JsonElement>(json).GetProperty("mask_picture").ValueKind);
    }
}
