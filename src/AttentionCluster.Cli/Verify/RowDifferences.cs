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

    /// <summary>Read at a time of each file.</summary>
    private const int PieceBytes = 1 << 20;

    /// <summary>Compares bit by bit.</summary>
    /// <param name="actual">The file to be judged.</param>
    /// <param name="expected">The file that is right.</param>
    /// <param name="tensor">The tensor in the first file; in the second it has the same name, type and axes.</param>
    /// <param name="shape">The axes of both; a width of 1 for the log-sum-exp.</param>
    public static RowDifferences Find(TensorFile actual, TensorFile expected, TensorEntry tensor, TensorShape shape)
    {
        (TensorBytes actualBytes, TensorBytes expectedBytes) = (actual.Bytes(tensor), expected.Bytes(expected.Require(tensor.Name)));
        var named = new List<string>();
        long count = 0;
        int rowBytes = shape.Width * tensor.Type.ByteSize();
        int rowsAtOnce = Math.Max(1, PieceBytes / rowBytes);
        (byte[] some, byte[] wanted) = (new byte[rowsAtOnce * rowBytes], new byte[rowsAtOnce * rowBytes]);
        long rows = shape.ElementCount / shape.Width;
        for (long first = 0; first < rows; first += rowsAtOnce)
        {
            int piece = (int)Math.Min(rowsAtOnce, rows - first);
            actualBytes.Read(first * rowBytes, some.AsSpan(0, piece * rowBytes));
            expectedBytes.Read(first * rowBytes, wanted.AsSpan(0, piece * rowBytes));
            for (int row = 0; row < piece; row++)
            {
                if (some.AsSpan(row * rowBytes, rowBytes).SequenceEqual(wanted.AsSpan(row * rowBytes, rowBytes)))
                    continue;
                count++;
                if (named.Count < NamedMax)
                    named.Add(Name(first + row, shape));
            }
        }

        return new RowDifferences(count, named);
    }

    private static string Name(long row, TensorShape shape)
    {
        long head = row / shape.Rows;
        return $"batch {head / shape.Heads}, head {head % shape.Heads}, row {row % shape.Rows}";
    }
}
