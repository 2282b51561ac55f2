namespace AttentionCluster.Cli.Terminal;

/// <summary>Rows of short texts, for people and for <c>awk</c>: aligned by spaces, without rules.</summary>
internal static class TextTable
{
    /// <summary>One line a row; every column is as wide as its widest text.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        return rows.Select(row => string.Join("  ", row.Zip(widths, (text, width) => text.PadRight(width))).TrimEnd());
    }
}
