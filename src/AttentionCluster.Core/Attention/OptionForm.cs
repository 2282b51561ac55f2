using System.Text.Json;

namespace AttentionCluster.Core.Attention;

/// <summary>
/// How values of one type are written: as a text, and in JSON. Readers of JSON throw what <see cref="JsonElement"/> throws.
/// </summary>
/// <param name="Kind">What such a value is.</param>
/// <param name="ValueName">What stands for it in the help of a command.</param>
/// <param name="Parse">Reads a text.</param>
/// <param name="Format">Writes the text that <paramref name="Parse"/> reads as the same value.</param>
/// <param name="FromJson">Reads JSON.</param>
/// <param name="ToJson">Writes JSON.</param>
internal sealed record OptionForm<T>(
    OptionKind Kind, string ValueName, OptionText.Reader<T?> Parse, Func<T, string> Format,
    Func<JsonElement, T> FromJson, Action<Utf8JsonWriter, T> ToJson)
    where T : struct
{
    /// <summary>The words that it may be; empty unless it is one of a few.</summary>
    internal IReadOnlyList<string> Words { get; init; } = [];
}
