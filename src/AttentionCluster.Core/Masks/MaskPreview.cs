using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// A mask as a few lines of text, query rows downwards and keys to the right: a space where nothing is visible, <c>#</c> where everything
/// is, and
/// <c>.</c>, <c>-</c> or <c>+</c> between. Of the first batch entry and the first query head.
/// </summary>
internal static class MaskPreview
{
    private const int LinesMax = 16, ColumnsMax = 32;

    /// <summary>Pairs that are looked at for a character: so many rows and as many keys, evenly spread.</summary>
    private const int Samples = 8;

    /// <summary>Of a large mask, read at a time: what is looked at lies far apart.</summary>
    private const int WindowBytes = 512;

    private const string Shades = " .-+#";

    /// <summary>Draws.</summary>
    /// <param name="rules">The job's mask.</param>
    /// <param name="shape">The job's shape.</param>
    public static IReadOnlyList<string> Draw(JobMask rules, AttentionShape shape)
    {
        var mask = new MaskCursor(rules, 0, 0, WindowBytes);
        int lines = Math.Min(LinesMax, shape.QueryRows), columns = Math.Min(ColumnsMax, shape.Keys);
        return [.. Enumerable.Range(0, lines).Select(line => string.Create(columns, (mask, line, lines, shape), static (text, job) =>
        {
            for (int column = 0; column < text.Length; column++)
                text[column] = Shade(job.mask, Spread(job.line, job.lines, job.shape.QueryRows),
                    Spread(column, text.Length, job.shape.Keys));
        }))];
    }

    private static char Shade(MaskCursor mask, int[] rows, int[] keys)
    {
        int seen = 0;
        foreach (int row in rows)
        {
            foreach (int key in keys)
                seen += mask.MaskOf(0, row, 1, key, 1).IsVisible(0, 0, row, 0, key) ? 1 : 0;
        }

        int all = rows.Length * keys.Length;
        return seen == 0 ? Shades[0] : seen == all ? Shades[^1] : Shades[1 + (seen * (Shades.Length - 2) / all)];
    }

    /// <summary>Some numbers of one part of many.</summary>
    private static int[] Spread(int part, int parts, int count)
    {
        int start = (int)((long)part * count / parts), end = (int)(((long)part + 1) * count / parts);
        int wanted = Math.Min(Samples, end - start);
        return [.. Enumerable.Range(0, wanted).Select(i => start + (int)(((2L * i) + 1) * (end - start) / (2 * wanted)))];
    }
}
