using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Verify;

/// <summary>The rows in which two files' bytes of the same tensor differ.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="First">The first of them by name: <c>batch b, head h, row i</c>.</param>
internal sealed record RowDifferences(long Count, IReadOnlyList<string> First)
{
    /// <summary>Rows that are named: enough to see a pattern, few enough to read.</summary>
    public const int NamedMax = 10;

    /// <summary>Compares bit by bit.</summary>
    /// <param name="actual">The file to be judged.</param>
    /// <param name="expected">The file that is right.</param>
    /// <param name="tensor">The tensor in the first file; in the second it has the same name, type and axes.</param>
    /// <param name="shape">The axes of both; a width of 1 for the log-sum-exp.</param>
    public static RowDifferences Find(TensorFile actual, TensorFile expected, TensorEntry tensor, TensorShape shape)
    {
        using TensorView actualBytes = actual.View(tensor);
        using TensorView expectedBytes = expected.View(expected.Require(tensor.Name));
        var named = new List<string>();
        long count = 0;
        int rowBytes = shape.Width * tensor.Type.ByteSize();
        long rows = shape.ElementCount / shape.Width;
        for (long row = 0; row < rows; row++)
        {
            if (Row(actualBytes, row, rowBytes).SequenceEqual(Row(expectedBytes, row, rowBytes)))
                continue;
            count++;
            if (named.Count < NamedMax)
                named.Add(Name(row, shape));
        }

        return new RowDifferences(count, named);
    }

    private static unsafe ReadOnlySpan<byte> Row(TensorView view, long row, int rowBytes) =>
        new(view.Pointer + (row * rowBytes), rowBytes);

    private static string Name(long row, TensorShape shape)
    {
        long head = row / shape.Rows;
        return $"batch {head / shape.Heads}, head {head % shape.Heads}, row {row % shape.Rows}";
    }
}
