using System.Globalization;
using System.Text.Json;

namespace AttentionCluster.Core.Attention;

/// <summary>The forms that there are.</summary>
internal static class OptionForms
{
    internal static OptionForm<bool> Flag { get; } = new(
        OptionKind.Flag, "flag", OptionText.Flag, value => value ? "true" : "false",
        json => json.GetBoolean(), (writer, value) => writer.WriteBooleanValue(value));

    internal static OptionForm<int> Integer { get; } = new(
        OptionKind.Integer, "integer", OptionText.SmallInteger, value => value.ToString(CultureInfo.InvariantCulture),
        json => json.GetInt32(), (writer, value) => writer.WriteNumberValue(value));

    internal static OptionForm<long> LargeInteger { get; } = new(
        OptionKind.Integer, "integer", OptionText.Integer, value => value.ToString(CultureInfo.InvariantCulture),
        json => json.GetInt64(), (writer, value) => writer.WriteNumberValue(value));

    /// <summary>Written as the shortest text that gives the same double again.</summary>
    internal static OptionForm<double> Number { get; } = new(
        OptionKind.Number, "number", OptionText.Number, value => value.ToString("R", CultureInfo.InvariantCulture),
        json => json.GetDouble(), (writer, value) => writer.WriteNumberValue(value));

    /// <summary>The sides of a window.</summary>
    internal static OptionForm<(long Left, long Right)> Window { get; } = new(
        OptionKind.Pair, "left,right", OptionText.Window, window => FormattableString.Invariant($"{window.Left},{window.Right}"),
        json => Pair(json, (left, right) => (left.GetInt64(), right.GetInt64())),
        (writer, window) => WritePair(writer, window.Left, window.Right));

    /// <summary>The sides of a block.</summary>
    internal static OptionForm<(int Rows, int Keys)> Block { get; } = new(
        OptionKind.Pair, "rows,keys", OptionText.Block, block => FormattableString.Invariant($"{block.Rows},{block.Keys}"),
        json => Pair(json, (rows, keys) => (rows.GetInt32(), keys.GetInt32())),
        (writer, block) => WritePair(writer, block.Rows, block.Keys));

    /// <summary>One of a few words.</summary>
    internal static OptionForm<T> Word<T>((string Word, T Meaning)[] words)
        where T : struct, Enum
    {
        OptionText.Reader<T?> parse = OptionText.OneOf(words);
        string WordOf(T value) => Array.Find(words, word => EqualityComparer<T>.Default.Equals(word.Meaning, value)).Word;
        return new OptionForm<T>(
            OptionKind.Word, string.Join('|', words.Select(word => word.Word)), parse, WordOf,
            json => parse(json.GetString() ?? "", out string wanted) ?? throw new FormatException($"'{json.GetString()}' is not {wanted}"),
            (writer, value) => writer.WriteStringValue(WordOf(value)))
        {
            Words = [.. words.Select(word => word.Word)],
        };
    }

    private static T Pair<T>(JsonElement json, Func<JsonElement, JsonElement, T> read) =>
        json.GetArrayLength() == 2 ? read(json[0], json[1]) : throw new FormatException($"{json.GetArrayLength()} numbers in place of two");

    private static void WritePair(Utf8JsonWriter writer, long first, long second)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(first);
        writer.WriteNumberValue(second);
        writer.WriteEndArray();
    }
}
