using System.Globalization;

namespace AttentionCluster.Core.Attention;

/// <summary>
/// How the values of options are written: the same on the command line and in a query string, whatever the locale is. A reader gives
/// null, with what is wanted, for a text that it can't read; ranges are the plan's to judge.
/// </summary>
internal static class OptionText
{
    /// <summary>Reads the text of a value; null with a description of what is wanted when it can't be.</summary>
    public delegate T? Reader<T>(string text, out string wanted);

    /// <summary>The words for <see cref="AttentionOptions.Align"/>.</summary>
    public static (string Word, CausalAlignment Meaning)[] Alignments { get; } =
        [("bottom-right", CausalAlignment.BottomRight), ("top-left", CausalAlignment.TopLeft)];

    /// <summary>The words for <see cref="AttentionOptions.Output"/>.</summary>
    public static (string Word, OutputType Meaning)[] Outputs { get; } =
    [
        ("f32", OutputType.Float32),
        ("f16", OutputType.Float16),
        ("bf16", OutputType.BFloat16),
        ("same", OutputType.SameAsInput),
    ];

    /// <summary>
    /// The words for <see cref="AttentionOptions.Kernel"/>: those of the families, which mean the same on every machine, and of the paths.
    /// </summary>
    public static (string Word, KernelChoice Meaning)[] Kernels { get; } =
        [.. Enum.GetValues<KernelChoice>().Select(choice => (choice.ToString().ToLowerInvariant(), choice))];

    /// <summary><c>true</c> or <c>false</c>; the name alone, as in <c>?causal</c>, is true.</summary>
    public static bool? Flag(string text, out string wanted)
    {
        wanted = "true or false";
        return text switch
        {
            "true" or "" => true,
            "false" => false,
            _ => null,
        };
    }

    /// <summary>An integer that fits <c>long</c>.</summary>
    public static long? Integer(string text, out string wanted)
    {
        wanted = "an integer";
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;
    }

    /// <summary>An integer that fits <c>int</c>.</summary>
    public static int? SmallInteger(string text, out string wanted)
    {
        wanted = $"an integer of at most {int.MaxValue}";
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;
    }

    /// <summary>A number with a decimal point.</summary>
    public static double? Number(string text, out string wanted)
    {
        wanted = "a number such as 0.125";
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
    }

    /// <summary>Two integers, <c>left,right</c>.</summary>
    public static (long Left, long Right)? Window(string text, out string wanted)
    {
        wanted = "two integers left,right such as 128,0 (-1 for an open side)";
        string[] sides = text.Split(',');
        return sides.Length == 2 && TryReadSide(sides[0], out long left) && TryReadSide(sides[1], out long right)
            ? (left, right)
            : null;
    }

    /// <summary>Two integers, <c>rows,keys</c>.</summary>
    public static (int Rows, int Keys)? Block(string text, out string wanted)
    {
        wanted = "two integers rows,keys such as 128,128";
        string[] sides = text.Split(',');
        return sides.Length == 2 && SmallInteger(sides[0], out _) is { } rows && SmallInteger(sides[1], out _) is { } keys ? (rows, keys)
            : null;
    }

    /// <summary>One of a few words.</summary>
    public static Reader<T?> OneOf<T>(params (string Word, T Meaning)[] words)
        where T : struct => (string text, out string wanted) =>
    {
        wanted = $"one of {string.Join(", ", words.Select(word => word.Word))}";
        int at = Array.FindIndex(words, word => word.Word == text);
        return at < 0 ? null : words[at].Meaning;
    };

    private static bool TryReadSide(string text, out long side) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out side) && side >= -1;
}
