using System.Text.Json;
using System.Text.Json.Nodes;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// Records of formats 1 and 2, which named the properties and the enum members of a program where <see
/// cref="Core.Attention.AttentionOptionsConverter"/> has the names and words that users know. Nothing is added here: later options are in
/// later formats.
/// </summary>
internal static class EarlierJobRecord
{
    /// <summary>The last format of this kind.</summary>
    internal const int FormatMax = 2;

    private const string Request = "request", WithLse = "with_lse";

    private static readonly Dictionary<string, string> s_names = new()
    {
        ["output"] = "out_dtype",
        ["reject_non_finite"] = "reject_nonfinite",
        ["verify_rows"] = "verify",
    };

    private static readonly Dictionary<string, string> s_words = new()
    {
        ["BottomRight"] = "bottom-right",
        ["TopLeft"] = "top-left",
        ["Float32"] = "f32",
        ["Float16"] = "f16",
        ["BFloat16"] = "bf16",
        ["SameAsInput"] = "same",
    };

    /// <summary>The same record as it would be written now.</summary>
    /// <exception cref="InvalidOperationException">It is none.</exception>
    /// <exception cref="FormatException">It is none.</exception>
    internal static JsonNode Upgrade(JsonElement record)
    {
        JsonObject upgraded = JsonObject.Create(record) ?? throw new FormatException("it is empty");
        JsonObject options = upgraded[Request]?.AsObject() ?? throw new FormatException("it has no options");
        JsonNode withLse = options[WithLse] ?? throw new FormatException($"its options have no {WithLse}");
        var renamed = new JsonObject { ["no_lse"] = !withLse.GetValue<bool>() };
        foreach ((string name, JsonNode? value) in options.Where(option => option.Key != WithLse))
            renamed.Add(s_names.GetValueOrDefault(name, name), Upgrade(value));
        upgraded[Request] = renamed;
        return upgraded;
    }

    /// <summary>Texts are names of enum members; those of kernels in lower case are the words for them.</summary>
    private static JsonNode? Upgrade(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String
        ? s_words.GetValueOrDefault(value.GetValue<string>(), value.GetValue<string>().ToLowerInvariant())
        : value?.DeepClone();
}
