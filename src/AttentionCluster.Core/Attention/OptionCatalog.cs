namespace AttentionCluster.Core.Attention;

/// <summary>
/// Every option of an attention job, once: the command line, query strings, the JSON of records, the API's description, the checks of
/// ranges and the README's table follow from this list, in its order.
/// </summary>
internal static class OptionCatalog
{
    /// <summary>Larger offsets and windows mean nothing with row and key numbers below 2^31.</summary>
    private const long PositionMax = int.MaxValue;

    private const string ThePlans = "the plan's";

    /// <summary>What <see cref="AttentionOptions.Offset"/> replaces.</summary>
    public static OptionDescriptor Align { get; } = new OptionOf<CausalAlignment>(
        "align", OptionForms.Word(OptionText.Alignments), options => options.Align, (options, value) => options with { Align = value })
    {
        Description = "Where the causal diagonal lies when query and key lengths differ",
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<OptionDescriptor> All { get; } =
    [
        new OptionOf<bool>("causal", OptionForms.Flag, options => options.Causal, (options, value) => options with { Causal = value })
        {
            Description = "Key j is visible to query row i only when j <= i + offset",
        },
        Align,
        new OptionOf<long>(
            "offset", OptionForms.LargeInteger, options => options.Offset,
            (options, value) => options with { Offset = value })
        {
            Description = "Position of query row 0 among the keys; replaces align",
            Limit = OptionLimit<long>.Between(-PositionMax, PositionMax),
        },
        new OptionOf<(long Left, long Right)>(
            "window", OptionForms.Window, options => options.Window, (options, value) => options with { Window = value })
        {
            Description = "Only keys from i + offset - left to i + offset + right are visible; -1 is open",
            Default = "open",
            Limit = new(
                window => window.Left is >= -1 and <= PositionMax && window.Right is >= -1 and <= PositionMax,
                FormattableString.Invariant($"left,right with each from -1 (open) to {PositionMax}")),
        },
        new OptionOf<int>("sinks", OptionForms.Integer, options => options.Sinks, (options, value) => options with { Sinks = value })
        {
            Description = "The first keys that stay visible when the window has passed them",
            Limit = OptionLimit<int>.AtLeast(0),
        },
        new OptionOf<double>("scale", OptionForms.Number, options => options.Scale, (options, value) => options with { Scale = value })
        {
            Description = "Factor of the scores",
            Default = "1/sqrt(Dk)",
            Limit = new(double.IsFinite, "a finite number"),
        },
        new OptionOf<double>(
            "softcap", OptionForms.Number, options => options.Softcap,
            (options, value) => options with { Softcap = value })
        {
            Description = "Scores s become c * tanh(s / c)",
            Default = "they stay",
            Limit = new(cap => cap > 0 && double.IsFinite(cap), "a finite number above 0"),
        },
        new OptionOf<(int Rows, int Keys)>(
            "mask_block", OptionForms.Block, options => options.MaskBlock, (options, value) => options with { MaskBlock = value })
        {
            Description = "What one element of the tensor block_mask stands for",
            Limit = new(block => block.Rows >= 1 && block.Keys >= 1, "rows,keys of at least 1 each"),
        },
        new OptionOf<OutputType>(
            "out_dtype", OptionForms.Word(OptionText.Outputs), options => options.Output,
            (options, value) => options with { Output = value })
        {
            Description = "Element type of the output; same is that of q",
            Scope = OptionScope.Format,
        },
        new OptionOf<bool>("no_lse", OptionForms.Flag, options => !options.WithLse, (options, value) => options with { WithLse = !value })
        {
            Description = "Leave the log-sum-exp of every row out of the result",
            Scope = OptionScope.Run,
        },
        new OptionOf<bool>(
            "reject_nonfinite", OptionForms.Flag, options => options.RejectNonFinite,
            (options, value) => options with { RejectNonFinite = value })
        {
            Description = "Refuse an input with a NaN or an infinity at a visible place",
            Scope = OptionScope.Run,
        },
        new OptionOf<int>(
            "verify", OptionForms.Integer, options => options.VerifyRows,
            (options, value) => options with { VerifyRows = value })
        {
            Description = "Rows that are recomputed in float64 and compared",
            Scope = OptionScope.Run,
            Limit = OptionLimit<int>.Between(0, AttentionOptions.VerifyRowsMax),
        },
        new OptionOf<KernelChoice>(
            "kernel", OptionForms.Word(OptionText.Kernels), options => options.Kernel, (options, value) => options with { Kernel = value })
        {
            Description = "The arithmetic: fused rounds products and sums once, separate twice, reference is float64; a path by name, "
                + "for tests, gives the bits of its family, and only machines that have it compute",
            Default = "auto, which is fused, on every machine",
        },
        new OptionOf<int>(
            "keys_per_segment", OptionForms.Integer, options => options.KeysPerSegment,
            (options, value) => options with { KeysPerSegment = value })
        {
            Description = "Keys of one segment",
            Default = ThePlans,
            Limit = OptionLimit<int>.AtLeast(1),
        },
        new OptionOf<int>(
            "rows_per_block", OptionForms.Integer, options => options.RowsPerBlock,
            (options, value) => options with { RowsPerBlock = value })
        {
            Description = "Query rows of one block",
            Default = ThePlans,
            Limit = OptionLimit<int>.AtLeast(1),
        },
    ];

    /// <summary>The option of a name in snake case; null when there is none.</summary>
    public static OptionDescriptor? Find(string name) => All.FirstOrDefault(option => option.Name == name);

    /// <summary>Refuses the first option that is out of its range.</summary>
    public static Refusal? Check(AttentionOptions options) =>
        All.Select(option => option.Check(options)).FirstOrDefault(refusal => refusal is not null);
}
