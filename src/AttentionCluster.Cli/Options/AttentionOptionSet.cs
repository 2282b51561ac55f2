using System.CommandLine;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cli.Options;

/// <summary>The options of an attention job, as every command that has one spells them.</summary>
internal sealed class AttentionOptionSet
{
    private readonly Option<bool> _causal = new("--causal")
    {
        Description = "Key j is visible to query row i only when j <= i + offset",
    };

    private readonly Option<CausalAlignment?> _align = OptionValues.Word(
        "--align",
        "Where the causal diagonal lies when query and key lengths differ (default: bottom-right)",
        OptionText.Alignments);

    private readonly Option<long?> _offset = OptionValues.Integer(
        "--offset", "Position of query row 0 among the keys; replaces --align");

    private readonly Option<(long Left, long Right)?> _window = OptionValues.Value<(long, long)?>(
        "--window", "left,right", "Only keys from i + offset - left to i + offset + right are visible; -1 is open", OptionText.Window);

    private readonly Option<int?> _sinks = OptionValues.SmallInteger(
        "--sinks", "The first keys that stay visible when the window has passed them (default: 0)");

    private readonly Option<(int Rows, int Keys)?> _maskBlock = OptionValues.Value<(int, int)?>(
        "--mask-block", "rows,keys", "What one element of the tensor block_mask stands for (default: 128,128)", OptionText.Block);

    private readonly Option<double?> _softcap = OptionValues.Number(
        "--softcap", "Scores s become c * tanh(s / c) (default: they stay)");

    private readonly Option<double?> _scale = OptionValues.Number(
        "--scale", "Factor of the scores (default: 1 / sqrt(Dk))");

    private readonly Option<int?> _keysPerSegment = OptionValues.SmallInteger(
        "--keys-per-segment", "Keys of one segment (default: the plan's)");

    private readonly Option<int?> _rowsPerBlock = OptionValues.SmallInteger(
        "--rows-per-block", "Query rows of one block (default: the plan's)");

    private readonly Option<KernelChoice?> _kernel = OptionValues.Word(
        "--kernel",
        "The arithmetic: fused rounds products and sums once, separate twice, reference is float64; a path by name, for tests, gives the bits of its family on machines that have it alone (default: auto, which is fused, on every machine)",
        OptionText.Kernels);

    /// <summary>Declares the options on a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_causal, _align, _offset, _window, _sinks, _maskBlock, _softcap, _scale, _keysPerSegment, _rowsPerBlock, _kernel])
        {
            command.Add(option);
        }
    }

    /// <summary>What the user wrote, over <paramref name="defaults"/> where nothing was written.</summary>
    public AttentionOptions Read(ParseResult parse, AttentionOptions defaults) => defaults with
    {
        Causal = parse.GetValue(_causal) || defaults.Causal,
        Align = parse.GetValue(_align) ?? defaults.Align,
        // An alignment that is written replaces an offset that is only a default.
        Offset = parse.GetValue(_offset) ?? (parse.GetValue(_align) is null ? defaults.Offset : null),
        Window = parse.GetValue(_window) ?? defaults.Window,
        Sinks = parse.GetValue(_sinks) ?? defaults.Sinks,
        MaskBlock = parse.GetValue(_maskBlock) ?? defaults.MaskBlock,
        Softcap = parse.GetValue(_softcap) ?? defaults.Softcap,
        Scale = parse.GetValue(_scale) ?? defaults.Scale,
        KeysPerSegment = parse.GetValue(_keysPerSegment) ?? defaults.KeysPerSegment,
        RowsPerBlock = parse.GetValue(_rowsPerBlock) ?? defaults.RowsPerBlock,
        Kernel = parse.GetValue(_kernel) ?? defaults.Kernel,
    };
}
