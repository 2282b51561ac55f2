using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace AttentionCluster.Server.Http.Options;

/// <summary>
/// The options of an attention job as a query string spells them. One that is not known, or not honoured yet, is refused by name: an
/// option that is silently ignored gives a wrong number.
/// </summary>
internal static class QueryOptions
{
    /// <summary>All that are honoured.</summary>
    internal static IReadOnlyList<QueryOption> All { get; } =
    [
        Flag("causal", "Key j is visible to query row i only when j <= i + offset.", (options, value) => options with { Causal = value }),
        Word(
            "align", "Where the causal diagonal lies when query and key lengths differ. Default: bottom-right.",
            OptionText.Alignments, (options, value) => options with { Align = value }),
        Value<long>(
            "offset", "Position of query row 0 among the keys; replaces align.", QueryOptionForm.Integer,
            OptionText.Integer, (options, value) => options with { Offset = value }),
        Value<(long, long)>(
            "window", "left,right: only keys from i + offset - left to i + offset + right are visible; -1 is open. Default: open.", QueryOptionForm.Text,
            OptionText.Window, (options, value) => options with { Window = value }),
        Value<double>(
            "scale", "Factor of the scores. Default: 1/sqrt(Dk).", QueryOptionForm.Number,
            OptionText.Number, (options, value) => options with { Scale = value }),
        Value<double>(
            "softcap", "Scores s become c * tanh(s / c). Default: they stay.", QueryOptionForm.Number,
            OptionText.Number, (options, value) => options with { Softcap = value }),
        Value<int>(
            "sinks", "The first keys that stay visible when the window has passed them. Default: 0.", QueryOptionForm.Integer,
            OptionText.SmallInteger, (options, value) => options with { Sinks = value }),
        Value<(int, int)>(
            "mask_block", "rows,keys: what one element of block_mask stands for. Default: 128,128.", QueryOptionForm.Text,
            OptionText.Block, (options, value) => options with { MaskBlock = value }),
        Word(
            "out_dtype", "Element type of the output; same is that of q. Default: f32.",
            OptionText.Outputs, (options, value) => options with { Output = value }),
        Flag(
            "reject_nonfinite", "Refuses a job with a NaN or an infinity at a visible place of its input.",
            (options, value) => options with { RejectNonFinite = value }),
        Value<int>(
            "verify", "Rows that are recomputed in float64 and compared. Default: 0.", QueryOptionForm.Integer,
            OptionText.SmallInteger, (options, value) => options with { VerifyRows = value }),
        Value<int>(
            "keys_per_segment", "Keys of one segment. Default: the plan's.", QueryOptionForm.Integer,
            OptionText.SmallInteger, (options, value) => options with { KeysPerSegment = value }),
        Value<int>(
            "rows_per_block", "Query rows of one block. Default: the plan's.", QueryOptionForm.Integer,
            OptionText.SmallInteger, (options, value) => options with { RowsPerBlock = value }),
        Word(
            "kernel", "The arithmetic: fused (rounds products and sums once), separate (twice) or reference (float64). A path by name, for tests, gives the bits of its family, and only workers that have it compute. Default: auto, which is fused.",
            OptionText.Kernels, (options, value) => options with { Kernel = value }),
        Flag("no_lse", "Leaves the log-sum-exp of every row out of the result.", (options, value) => options with { WithLse = !value }),
    ];

    /// <summary>Names of the interface that this version does not carry out.</summary>
    internal static IReadOnlyList<string> NotSupportedYet { get; } = ["context"];

    /// <summary>Reads a query string.</summary>
    /// <returns>The options, or null with the reason.</returns>
    internal static AttentionOptions? Parse(IQueryCollection query, out Refusal? refusal)
    {
        var options = new AttentionOptions();
        foreach ((string name, StringValues values) in query)
        {
            QueryOption? option = All.FirstOrDefault(option => option.Name == name);
            refusal =
                NotSupportedYet.Contains(name) ? NotYet($"the option {name}", "leave it out") :
                option is null ? new Refusal("unknown-option", $"there is no option '{name}'; there are {string.Join(", ", All.Select(known => known.Name))}") :
                values.Count != 1 ? new Refusal("wrong-option", $"{name} is given {values.Count} times; give it once") :
                null;
            if (refusal is not null)
                return null;
            AttentionOptions? applied = option!.Read(values[0]!, options, out string wanted);
            if (applied is null)
            {
                refusal = new Refusal("wrong-option", $"{name} is '{values[0]}'; it must be {wanted}");
                return null;
            }

            options = applied;
        }

        refusal = null;
        return options;
    }

    private static Refusal NotYet(string what, string instead) => new("not-supported-yet", $"{what} is not supported yet; {instead}");

    private static QueryOption Flag(string name, string description, Func<AttentionOptions, bool, AttentionOptions> apply) =>
        Value<bool>(name, description, QueryOptionForm.Flag, ReadFlag, apply);

    private static QueryOption Word<T>(
        string name, string description, (string Word, T Meaning)[] words, Func<AttentionOptions, T, AttentionOptions> apply)
        where T : struct =>
        Value(name, description, QueryOptionForm.Text, OptionText.OneOf(words), apply) with { Words = [.. words.Select(word => word.Word)] };

    private static QueryOption Value<T>(
        string name, string description, QueryOptionForm form, OptionText.Reader<T?> read, Func<AttentionOptions, T, AttentionOptions> apply)
        where T : struct =>
        new(name, description, form, [], (string text, AttentionOptions options, out string wanted) =>
            read(text, out wanted) is { } value ? apply(options, value) : null);

    /// <summary>The name alone, as in <c>?causal</c>, is true.</summary>
    private static bool? ReadFlag(string text, out string wanted)
    {
        wanted = "true or false";
        return text switch
        {
            "true" or "" => true,
            "false" => false,
            _ => null,
        };
    }
}
