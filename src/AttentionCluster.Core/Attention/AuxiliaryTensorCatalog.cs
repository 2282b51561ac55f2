using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Attention;

/// <summary>
/// Every tensor that a job may have beside Q, K and V, once: what files may contain, the options of the command line, the checks of types
/// and axes, what tasks need of each, and the README's table follow from this list, in its order.
/// </summary>
internal static class AuxiliaryTensorCatalog
{
    /// <summary>
    /// The most documents that are given by their lengths, where there are fewer rows and keys: so many lengths are 8 MiB.
    /// </summary>
    public const int EmptyDocumentsMax = 1 << 20;

    private static readonly ElementType[] s_numbers = [ElementType.Float32, ElementType.Float16, ElementType.BFloat16, ElementType.Float64];
    private static readonly ElementType[] s_integers = [ElementType.Int64, ElementType.Int32];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<AuxiliaryTensorDescriptor> All { get; } =
    [
        new("mask", AuxiliaryRole.Mask, [ElementType.Boolean, .. s_numbers], "[B, Hq, Nq, Nk]",
            (shape, _, _) => [shape.Batch, shape.Query.Heads, shape.QueryRows, shape.Keys])
        {
            Description = "Booleans, true where a key is visible, or numbers that are added to scores",
            Part = TaskPart.Tile,
            Broadcasts = true,
        },
        new("block_mask", AuxiliaryRole.Blocks, [ElementType.Boolean], "[B, Hq, ceil(Nq / rows), ceil(Nk / keys)]",
            (shape, options, _) =>
            [
                shape.Batch, shape.Query.Heads, Blocks(shape.QueryRows, options.MaskBlock.Rows), Blocks(shape.Keys, options.MaskBlock.Keys),
            ])
        {
            Description = "Booleans, true where a block of rows and keys is visible",
            Part = TaskPart.BlockTile,
            Broadcasts = true,
        },
        new("alibi_slopes", AuxiliaryRole.Slopes, s_numbers, "[Hq]", (shape, _, _) => [shape.Query.Heads])
        {
            Description = "Numbers; slope * abs(i + offset - j) is subtracted from scores",
            Part = TaskPart.Heads,
        },
        new("sink_logits", AuxiliaryRole.SinkLogits, s_numbers, "[Hq]", (shape, _, _) => [shape.Query.Heads])
        {
            Description = "Numbers: the score of one more key, which joins the denominator and the log-sum-exp alone",
        },
        new("q_documents", AuxiliaryRole.QueryDocuments, s_integers, "[B, Nq]", (shape, _, _) => [shape.Batch, shape.QueryRows])
        {
            Description = "Integers: the document of each query row, which sees the keys of its own",
            Part = TaskPart.QueryRows,
            Companion = "k_documents",
        },
        new("k_documents", AuxiliaryRole.KeyDocuments, s_integers, "[B, Nk]", (shape, _, _) => [shape.Batch, shape.Keys])
        {
            Description = "Integers: the document of each key",
            Part = TaskPart.Keys,
            Companion = "q_documents",
        },
        new("q_document_lengths", AuxiliaryRole.QueryDocuments, s_integers, "[B, D] with at most as many documents", Documents)
        {
            Description = "Integers: the query rows of one document after the other",
            Part = TaskPart.All,
            Broadcasts = true,
            Companion = "k_document_lengths",
        },
        new("k_document_lengths", AuxiliaryRole.KeyDocuments, s_integers, "[B, D] with at most as many documents", Documents)
        {
            Description = "Integers: the keys of one document after the other",
            Part = TaskPart.All,
            Broadcasts = true,
            Companion = "q_document_lengths",
        },
        new("kv_lengths", AuxiliaryRole.KeyLengths, s_integers, "[B]", (shape, _, _) => [shape.Batch])
        {
            Description = "Integers: keys from there on are padding",
        },
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(tensor => tensor.Name)];

    /// <summary>The tensor of a name; null when there is none.</summary>
    public static AuxiliaryTensorDescriptor? Find(string name)
    {
        foreach (AuxiliaryTensorDescriptor tensor in All)
        {
            if (tensor.Name == name)
                return tensor;
        }

        return null;
    }

    /// <summary>The first tensor of a role.</summary>
    internal static AuxiliaryTensorDescriptor Of(AuxiliaryRole role) => All.First(tensor => tensor.Role == role);

    private static long Blocks(int elements, int size) => ((elements - 1L) / size) + 1;

    /// <summary>Many may have neither rows nor keys, such as what fills up a list of a fixed length; each task reads all lengths.</summary>
    private static long[] Documents(AttentionShape shape, AttentionOptions options, long found) =>
        [shape.Batch, Math.Clamp(found, 1, Math.Max(EmptyDocumentsMax, Math.Max(shape.QueryRows, shape.Keys)))];
}
