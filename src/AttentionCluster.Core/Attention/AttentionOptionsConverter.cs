using System.Text.Json;
using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Attention;

/// <summary>
/// The JSON of options, wherever they are written down: one object with the names of a query string. What is left out has its default, so
/// that a version that knows fewer options reads what uses none of the others; a name that is not known is refused, because it may change
/// what is computed.
/// </summary>
internal sealed class AttentionOptionsConverter : JsonConverter<AttentionOptions>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">They can't be read.</exception>
    public override AttentionOptions Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return Read(document.RootElement);
    }

    /// <summary>Writes those that were chosen.</summary>
    public override void Write(Utf8JsonWriter writer, AttentionOptions value, JsonSerializerOptions options) =>
        Write(writer, value, option => !option.IsDefault(value));

    /// <summary>Reads an object.</summary>
    /// <exception cref="JsonException">It can't be read, or has a name that is not known.</exception>
    public static AttentionOptions Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new JsonException($"options are {json.ValueKind}; wanted Object");
        var options = new AttentionOptions();
        foreach (JsonProperty member in json.EnumerateObject())
            options = Read(member, options);
        return options;
    }

    /// <summary>Writes an object with some of the options.</summary>
    public static void Write(Utf8JsonWriter writer, AttentionOptions options, Func<OptionDescriptor, bool> isWritten)
    {
        writer.WriteStartObject();
        foreach (OptionDescriptor option in OptionCatalog.All.Where(isWritten))
            option.Write(writer, options);
        writer.WriteEndObject();
    }

    private static AttentionOptions Read(JsonProperty member, AttentionOptions options)
    {
        OptionDescriptor option = OptionCatalog.Find(member.Name) ?? throw new JsonException($"there is no option {member.Name}");
        try
        {
            return option.Read(member.Value, options);
        }
        catch (Exception problem) when (problem is FormatException or InvalidOperationException)
        {
            throw new JsonException($"{member.Name} is {member.Value.GetRawText()}: {problem.Message}", problem);
        }
    }
}
