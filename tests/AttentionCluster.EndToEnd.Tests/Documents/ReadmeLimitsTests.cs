using System.Globalization;
using System.Text.RegularExpressions;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Results;
using AttentionCluster.Core.Tensors;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Documents;

/// <summary>The README's table of limits says what the code does.</summary>
public sealed partial class ReadmeLimitsTests
{
    /// <summary>How a row begins, and the numbers that it has.</summary>
    public static TheoryData<string, long[]> Rows => new()
    {
        { "columns of q and k", [AttentionShape.WidthMax] },
        { "batch, heads, rows", [int.MaxValue, 1] },
        { "`verify`", [AttentionOptions.VerifyRowsMax] },
        { "documents by their lengths", [AuxiliaryTensorCatalog.EmptyDocumentsMax] },
        { "runs of rows of a query block", [AttentionPlan.PositionRunsMax] },
        { "header of a safetensors file", [FormatLimits.SafetensorsHeaderBytesMax, 1] },
        { "header of an npy file", [FormatLimits.NpyHeaderBytesMax] },
        { "tensors in a file", [FormatLimits.TensorCountMax, FormatLimits.RankMax, FormatLimits.NameLengthMax] },
        { "members of an npz file", [FormatLimits.ArchiveBytesMax] },
        { "results that `merge` joins", [ResultMerge.PartsMax] },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_limit_is_what_the_code_has(string start, long[] numbers) => Assert.Equal(numbers, Numbers(Row(start)));

    /// <summary>The first one beyond each, and the code by which it is refused.</summary>
    [Fact]
    public void A_job_beyond_a_limit_is_refused_as_the_row_says()
    {
        int width = (int)Numbers(Row("columns of q and k"))[0];
        var wide = new TensorShape(1, 1, 8, width + 1);
        AttentionShape.Create(wide, wide, wide, out Refusal? refusal);
        Assert.Equal(Code("columns of q and k"), refusal?.Code.Name());

        Assert.Equal(Code("`verify`"), CodeOf(new AttentionOptions { VerifyRows = (int)Numbers(Row("`verify`"))[0] + 1 }));
        Assert.Equal(Code("`offset`"), CodeOf(new AttentionOptions { Offset = Numbers(Row("`offset`"))[0] + 1 }));

        int tasks = (int)Numbers(Row("tasks: query blocks times segments"))[0];
        Assert.Equal(Code("tasks: query blocks times segments"),
            CodeOf(new AttentionOptions { KeysPerSegment = 1, RowsPerBlock = 1 }, rows: tasks / 1000, keys: 1001));
        Assert.Null(CodeOf(new AttentionOptions { KeysPerSegment = 1, RowsPerBlock = 1 }, rows: tasks / 1000, keys: 1000));
    }

    private static string? CodeOf(AttentionOptions options, int rows = 8, int keys = 8)
    {
        var shape = AttentionShape.Create(new TensorShape(1, 1, rows, 8), new TensorShape(1, 1, keys, 8), new TensorShape(1, 1, keys, 8),
            out Refusal? refusal);
        Assert.Null(refusal);
        AttentionPlan.Create(shape!, options, out refusal);
        return refusal?.Code.Name();
    }

    private static string[] Row(string start) =>
        Assert.Single(File.ReadLines(Path.Combine(Repository.Root, "README.md")).SkipWhile(line => line != "## Limits"), line =>
            line.StartsWith($"| {start}", StringComparison.Ordinal)).Split('|');

    private static long[] Numbers(string[] row) =>
        [.. Number().Matches(row[2]).Select(number => long.Parse(number.Value, CultureInfo.InvariantCulture))];

    private static string Code(string start) => Row(start)[3].Split('`')[1];

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
