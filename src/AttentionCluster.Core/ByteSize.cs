using System.Globalization;

namespace AttentionCluster.Core;

/// <summary>Amounts of memory and disk as people write and read them.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, long Bytes)[] s_units =
        [("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)];

    /// <summary>Reads <c>1048576</c>, <c>1024KiB</c>, <c>1MiB</c>, <c>1GiB</c> or <c>1TiB</c>.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="wanted">What can be written, for the message.</param>
    /// <returns>Bytes; null when the text is none of these.</returns>
    public static long? Read(string text, out string wanted)
    {
        wanted = "a number of bytes, or one with a unit such as 512MiB or 4GiB";
        (string suffix, long unit) = Array.Find(s_units, unit => text.EndsWith(unit.Suffix, StringComparison.Ordinal));
        ReadOnlySpan<char> digits = suffix is null ? text : text.AsSpan()[..^suffix.Length];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count))
        {
            return null;
        }

        unit = Math.Max(unit, 1);
        return count <= long.MaxValue / unit ? count * unit : null;
    }

    /// <summary>Three significant digits or so with the unit that fits: <c>1.5 GiB</c>.</summary>
    public static string Text(long bytes)
    {
        foreach ((string suffix, long unit) in s_units)
        {
            if (bytes >= unit)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / unit:0.#} {suffix}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes");
    }
}
