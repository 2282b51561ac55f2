using System.Text.Json;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Kernels;

namespace AttentionCluster.Cli.Verify;

/// <summary>The options with which a job ran, as it recorded them in its result.</summary>
internal static class RecordedOptions
{
    /// <summary>The metadata of a result file that holds them.</summary>
    private const string MetadataName = "attn_options";

    /// <summary>Reads them.</summary>
    /// <returns>The defaults for a file from elsewhere, which records none; null with a reason when they can't be read.</returns>
    public static AttentionOptions? Read(TensorFile result, out Refusal? refusal)
    {
        refusal = null;
        if (!result.Metadata.TryGetValue(MetadataName, out string? json))
            return new AttentionOptions();
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            var options = new AttentionOptions();
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
                options = Apply(options, property.Name, property.Value);
            return options;
        }
        catch (Exception problem) when (problem is JsonException or FormatException or InvalidOperationException)
        {
            refusal = new Refusal("malformed-file", $"--output: {result.Path} has metadata {MetadataName} that this version can't read ({problem.Message})");
            return null;
        }
    }

    private static AttentionOptions Apply(AttentionOptions options, string name, JsonElement value) => name switch
    {
        "causal" => options with { Causal = value.GetBoolean() },
        "offset" => options with { Offset = value.GetInt64() },
        "window" => options with { Window = (value[0].GetInt64(), value[1].GetInt64()) },
        "scale" => options with { Scale = value.GetDouble() },
        "kernel" => options with { Kernel = Enum.Parse<KernelPath>(value.GetString() ?? "", ignoreCase: true) },
        "keys_per_segment" => options with { KeysPerSegment = value.GetInt32() },
        "rows_per_block" => options with { RowsPerBlock = value.GetInt32() },
        // Leaving out what a newer version records would verify another computation than the one that ran.
        _ => throw new FormatException($"unknown option {name}"),
    };
}
