using System.CommandLine;
using System.CommandLine.Parsing;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cli.Options;

/// <summary>
/// Makes options whose malformed values are reported in the words of this command line: what was written, and what was
/// wanted. A value that is not given is null.
/// </summary>
internal static class OptionValues
{
    /// <summary>An option with one value that <paramref name="read"/> understands.</summary>
    public static Option<T?> Value<T>(string name, string valueName, string description, OptionText.Reader<T> read) => new(name)
    {
        Description = description,
        HelpName = valueName,
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result => Parse(name, result, read),
    };

    /// <summary>An integer that fits <c>long</c>; its range is the plan's to judge.</summary>
    public static Option<long?> Integer(string name, string description) =>
        Value<long?>(name, "integer", description, OptionText.Integer);

    /// <summary>An integer that fits <c>int</c>; its range is the plan's to judge.</summary>
    public static Option<int?> SmallInteger(string name, string description) =>
        Value<int?>(name, "integer", description, OptionText.SmallInteger);

    /// <summary>A number with a decimal point, whatever the user's locale is.</summary>
    public static Option<double?> Number(string name, string description) =>
        Value<double?>(name, "number", description, OptionText.Number);

    /// <summary>One of a few words.</summary>
    public static Option<T?> Word<T>(string name, string description, params (string Word, T Meaning)[] words)
        where T : struct =>
        Value(name, string.Join('|', words.Select(word => word.Word)), description, OptionText.OneOf(words));

    private static T? Parse<T>(string name, ArgumentResult result, OptionText.Reader<T> read)
    {
        string text = result.Tokens[0].Value;
        T? value = read(text, out string wanted);
        if (value is null)
        {
            result.AddError($"{name} is '{text}'; it must be {wanted}");
        }

        return value;
    }
}
