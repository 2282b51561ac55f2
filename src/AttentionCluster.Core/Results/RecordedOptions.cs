using System.Text;
using System.Text.Json;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Core.Results;

/// <summary>
/// The options with which a job ran, as its result records them: whoever has the file and the inputs can compute the same
/// bits again.
/// </summary>
internal static class RecordedOptions
{
    /// <summary>The key of a result's metadata that holds them.</summary>
    public const string MetadataName = "attn_options";

    /// <summary>
    /// The key of a result's metadata that names the tensors that its job had beside Q, K and V, with commas; absent without any.
    /// </summary>
    public const string TensorsName = "attn_tensors";

    /// <summary>The options as one JSON object, with every default replaced by what it meant for this job.</summary>
    public static string Write(AttentionPlan plan)
    {
        // The end of each entry's own keys, or of each document's, is no one offset.
        bool hasOneOffset = plan.Options.Offset is not null || plan.Rules.Layout is { KeyLengths: null, QueryDocuments: null };
        AttentionOptions options = plan.Options with
        {
            Offset = hasOneOffset ? plan.Options.OffsetFor(plan.Shape) : null,
            Scale = plan.Scale,
            Kernel = plan.Family.Choice(),
            KeysPerSegment = plan.KeysPerSegment,
            RowsPerBlock = plan.RowsPerBlock,
        };
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            AttentionOptionsConverter.Write(
                writer, options, option => option.Scope != OptionScope.Run && !(hasOneOffset && option == OptionCatalog.Align));
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
            AttentionOptions options = AttentionOptionsConverter.Read(document.RootElement);
            if (options.Output == OutputType.SameAsInput)
                throw new FormatException("out_dtype is 'same', which does not say the type that the result has");

            // The family decides the bits. The first release recorded the path that computed, and whoever computes again takes the best
            // path of its family.
            return options with { Kernel = options.Kernel.Family().Choice() };
        }
        catch (Exception problem) when (problem is JsonException or FormatException)
        {
            reason = problem.Message;
            return null;
        }
    }
}
