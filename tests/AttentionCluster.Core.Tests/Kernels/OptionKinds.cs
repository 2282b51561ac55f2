using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>
/// One job for each option and tensor, of several tiles, segments and blocks. Every mask leaves some rows without a key. K and V are exact
/// in all element types.
/// </summary>
internal static class OptionKinds
{
    private const int Batch = 2, Heads = 3, Rows = 203, Keys = 1100;

    /// <summary>Every so many rows see no key, where a tensor says what they see.</summary>
    private const int EmptyRows = 50;

    private static readonly AttentionOptions s_options = new() { KeysPerSegment = 600, RowsPerBlock = 200 };

    private static readonly Dictionary<string, Func<OptionCombination>> s_masks = new()
    {
        ["causal"] = () => Job(s_options with { Causal = true, Offset = -20 }),
        ["window"] = () => Job(s_options with { Window = (40, 3), Offset = -30 }),
        ["window and sinks"] = () => Job(s_options with { Causal = true, Window = (40, -1), Sinks = 2, Offset = -30 }),
        ["kv_lengths"] = () => Job(s_options with { Causal = true }, ("kv_lengths", ElementType.Int64, [Batch], [700, 0])),
        ["documents"] = () =>
            Job(s_options, Documents("q_documents", Rows, 0, (row, random) => random.Next(6)),
            Documents("k_documents", Keys, 1, (key, random) => random.Next(5))),
        ["packed documents"] = () => Job(
            s_options with { Causal = true }, Documents("q_documents", Rows, 0, (row, _) => row / 40),
                Documents("k_documents", Keys, 1, (key, _) => key / 275)),
        ["documents by lengths"] = () => Job(
            s_options with { Causal = true }, ("q_document_lengths", ElementType.Int64, [4], [40, 0, 100, 63]),
                ("k_document_lengths", ElementType.Int32, [Batch, 4], [600, 1, 0, 499, 275, 25, 700, 100])),
        ["bool mask"] = () => Job(s_options, Mask(ElementType.Boolean, [Batch, Heads, Rows, Keys], 1, 0)),
        ["bool mask of keys"] =
            () => Job(s_options,
            ("mask", ElementType.Boolean, [Batch, 1, 1, Keys], [.. Enumerable.Range(0, Batch * Keys).Select(i => i < Keys ? i % 3 : 0)])),
        ["-inf mask"] = () => Job(s_options, Mask(ElementType.Float32, [Batch, Heads, Rows, Keys], 0.5, double.NegativeInfinity)),
        ["float16 -inf mask"] = () => Job(s_options, Mask(ElementType.Float16, [Rows, Keys], 0.5, double.NegativeInfinity)),
        ["bfloat16 -inf mask"] = () => Job(s_options, Mask(ElementType.BFloat16, [Batch, 1, Rows, Keys], 0.5, double.NegativeInfinity)),
        ["block_mask"] = () => Job(s_options with { MaskBlock = (16, 64) }, Blocks()),
        ["everything"] = () => Job(
            s_options with { Causal = true, Window = (500, -1), Sinks = 5, Softcap = 20, MaskBlock = (16, 64) },
            Mask(ElementType.Float32, [Rows, Keys], 0.5, double.NegativeInfinity), Blocks(),
                ("alibi_slopes", ElementType.Float32, [Heads], [0.5, 0.25, 0.125]),
            Documents("q_documents", Rows, 0, (row, _) => row / 110), Documents("k_documents", Keys, 1, (key, _) => key / 700),
                ("kv_lengths", ElementType.Int64, [Batch], [1000, 0])),
    };

    private static readonly Dictionary<string, Func<OptionCombination>> s_others = new()
    {
        ["scale"] = () => Job(s_options with { Scale = 0.7 }),
        ["softcap"] = () => Job(s_options with { Softcap = 2 }),
        ["alibi_slopes"] = () => Job(s_options, ("alibi_slopes", ElementType.Float32, [Heads], [0.5, 0.25, 0.125])),
        ["sink_logits"] = () => Job(s_options, ("sink_logits", ElementType.Float32, [Heads], [0.5, -3, 7])),
        ["finite mask"] = () => Job(s_options, Mask(ElementType.Float32, [Heads, Rows, Keys], 0.5, -1)),
    };

    /// <summary>Those that hide keys.</summary>
    public static TheoryData<string> Masks => [.. s_masks.Keys];

    /// <summary>All.</summary>
    public static TheoryData<string> All => [.. s_masks.Keys, .. s_others.Keys];

    /// <summary>The job of a kind.</summary>
    public static OptionCombination Create(string kind) => (s_masks.GetValueOrDefault(kind) ?? s_others[kind])();

    private static OptionCombination Job(AttentionOptions options,
        params (string Name, ElementType Type, int[] Axes, double[] Numbers)[] tensors)
    {
        AttentionProblem problem =
            AttentionProblem.Random(new(Rows, Keys, 5, 9) { Batch = Batch, QueryHeads = Heads, QueryMax = 4, Options = options });
        return OptionCombination.Of(
            problem with { Key = [.. problem.Key.Select(Stored.Exact)], Value = [.. problem.Value.Select(Stored.Exact)] }, tensors);
    }

    private static (string Name, ElementType Type, int[] Axes, double[] Numbers) Documents(string name, int length, int seed,
        Func<int, Random, int> document)
    {
        var random = new Random(seed);
        return (name, ElementType.Int64, [Batch, length],
            [.. Enumerable.Range(0, Batch * length).Select(i => (double)document(i % length, random))]);
    }

    private static (string Name, ElementType Type, int[] Axes, double[] Numbers) Mask(ElementType type, int[] axes, double open,
        double closed)
    {
        var random = new Random(3);
        double[] numbers = [.. Enumerable.Range(0, axes.Aggregate((all, axis) => all * axis))
            .Select(i => random.Next(3) == 0 || (i / Keys % Rows) % EmptyRows == 0 ? closed : open)];
        return ("mask", type, axes, numbers);
    }

    private static (string Name, ElementType Type, int[] Axes, double[] Numbers) Blocks()
    {
        const int rows = 13, keys = 18, emptyRow = 3;
        var random = new Random(4);
        return ("block_mask", ElementType.Boolean, [Batch, 1, rows, keys],
            [.. Enumerable.Range(0, Batch * rows * keys).Select(i => i / keys % rows == emptyRow ? 0.0 : random.Next(2))]);
    }
}
