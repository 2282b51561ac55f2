using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace AttentionCluster.Cli.Options;

/// <summary>
/// Makes options whose malformed values are reported in the words of this command line: what was written, and what was
/// wanted. A value that is not given is null.
/// </summary>
internal static class OptionValues
{
    /// <summary>Reads the text of a value; null with a description of what is wanted when it can't be.</summary>
    public delegate T? Reader<T>(string text, out string wanted);

    /// <summary>An option with one value that <paramref name="read"/> understands.</summary>
    public static Option<T?> Value<T>(string name, string valueName, string description, Reader<T> read) => new(name)
    {
        Description = description,
        HelpName = valueName,
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result => Parse(name, result, read),
    };

    /// <summary>An integer that fits <c>long</c>; its range is the plan's to judge.</summary>
    public static Option<long?> Integer(string name, string description) =>
        Value<long?>(name, "integer", description, ReadInteger);

    /// <summary>An integer that fits <c>int</c>; its range is the plan's to judge.</summary>
    public static Option<int?> SmallInteger(string name, string description) =>
        Value<int?>(name, "integer", description, ReadSmallInteger);

    /// <summary>A number with a decimal point, whatever the user's locale is.</summary>
    public static Option<double?> Number(string name, string description) =>
        Value<double?>(name, "number", description, ReadNumber);

    /// <summary>One of a few words.</summary>
    public static Option<T?> Word<T>(string name, string description, params (string Word, T Meaning)[] words)
        where T : struct
    {
        string all = string.Join(", ", words.Select(word => word.Word));
        return Value(name, string.Join('|', words.Select(word => word.Word)), description, (string text, out string wanted) =>
        {
            wanted = $"one of {all}";
            int at = Array.FindIndex(words, word => word.Word == text);
            return at < 0 ? null : (T?)words[at].Meaning;
        });
    }

    private static T? Parse<T>(string name, ArgumentResult result, Reader<T> read)
    {
        string text = result.Tokens[0].Value;
        T? value = read(text, out string wanted);
        if (value is null)
        {
            result.AddError($"{name} is '{text}'; it must be {wanted}");
        }

        return value;
    }

    private static long? ReadInteger(string text, out string wanted)
    {
        wanted = "an integer";
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;
    }

    private static int? ReadSmallInteger(string text, out string wanted)
    {
        wanted = $"an integer of at most {int.MaxValue}";
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;
    }

    private static double? ReadNumber(string text, out string wanted)
    {
        wanted = "a number such as 0.125";
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
    }
}
