using System.Text;
using System.Text.Json;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Planning;

/// <summary>
/// The options with which a job ran, as its result records them: whoever has the file and the inputs can compute the same
/// bits again.
/// </summary>
public static class RecordedOptions
{
    /// <summary>The key of a result's metadata that holds them.</summary>
    public const string MetadataName = "attn_options";

    /// <summary>The key of a result's metadata that names the tensors that its job had beside Q, K and V, with commas; absent without any.</summary>
    public const string TensorsName = "attn_tensors";

    /// <summary>The options as one JSON object, with every default replaced by what it meant for this job.</summary>
    public static string Write(AttentionPlan plan)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            AttentionOptions options = plan.Options;
            writer.WriteStartObject();
            writer.WriteBoolean("causal", options.Causal);

            // The end of each entry's own keys, or of each document's, is no one offset.
            if (options.Offset is null && plan.Rules.Layout is { KeyLengths: not null } or { QueryDocuments: not null })
                writer.WriteString("align", OptionText.Alignments.First(align => align.Meaning == options.Align).Word);
            else
                writer.WriteNumber("offset", options.OffsetFor(plan.Shape));
            writer.WriteStartArray("window");
            writer.WriteNumberValue(options.Window.Left);
            writer.WriteNumberValue(options.Window.Right);
            writer.WriteEndArray();
            writer.WriteNumber("sinks", options.Sinks);
            writer.WriteNumber("scale", plan.Scale);
            if (options.Softcap is { } softcap)
                writer.WriteNumber("softcap", softcap);
            writer.WriteStartArray("mask_block");
            writer.WriteNumberValue(options.MaskBlock.Rows);
            writer.WriteNumberValue(options.MaskBlock.Keys);
            writer.WriteEndArray();
            writer.WriteString("out_dtype", OptionText.Outputs.First(output => output.Meaning == options.Output).Word);
            writer.WriteString("kernel", plan.Family.Name());
            writer.WriteNumber("keys_per_segment", plan.KeysPerSegment);
            writer.WriteNumber("rows_per_block", plan.RowsPerBlock);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(json.ToArray());
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <returns>Null, with the reason, when this version can't read it.</returns>
    public static AttentionOptions? Read(string json, out string reason)
    {
        reason = "";
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            var options = new AttentionOptions();
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
                options = Apply(options, property.Name, property.Value);
            return options;
        }
        catch (Exception problem) when (problem is JsonException or FormatException or InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            reason = problem.Message;
            return null;
        }
    }

    private static AttentionOptions Apply(AttentionOptions options, string name, JsonElement value) => name switch
    {
        "causal" => options with { Causal = value.GetBoolean() },
        "offset" => options with { Offset = value.GetInt64() },
        "align" => options with { Align = OptionText.Alignments.First(align => align.Word == value.GetString()).Meaning },
        "window" => options with { Window = (value[0].GetInt64(), value[1].GetInt64()) },
        "sinks" => options with { Sinks = value.GetInt32() },
        "softcap" => options with { Softcap = value.GetDouble() },
        "mask_block" => options with { MaskBlock = (value[0].GetInt32(), value[1].GetInt32()) },
        "scale" => options with { Scale = value.GetDouble() },
        "out_dtype" => options with { Output = ReadOutput(value.GetString()) },
        "kernel" => options with { Kernel = ReadKernel(value.GetString()) },
        "keys_per_segment" => options with { KeysPerSegment = value.GetInt32() },
        "rows_per_block" => options with { RowsPerBlock = value.GetInt32() },
        // To leave out what a newer version records would be to take the job for another one.
        _ => throw new FormatException($"unknown option {name}"),
    };

    /// <summary>What decides the bits: the first release recorded the path that computed, and whoever computes again takes the best of its family.</summary>
    private static KernelChoice ReadKernel(string? word) =>
        OptionText.OneOf(OptionText.Kernels)(word ?? "", out string wanted) is { } choice and not KernelChoice.Auto
            ? choice.Family().Choice()
            : throw new FormatException($"kernel is '{word}'; wanted {wanted}");

    private static OutputType ReadOutput(string? word) =>
        OptionText.OneOf(OptionText.Outputs)(word ?? "", out _) is { } output and not OutputType.SameAsInput
            ? output
            : throw new FormatException($"out_dtype is '{word}'; wanted f32, f16 or bf16");
}
