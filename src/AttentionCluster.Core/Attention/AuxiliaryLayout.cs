using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Attention;

/// <summary>
/// The tensors beside Q, K and V that a job has: what its rows see, and what becomes of their scores. Known from headers alone.
/// </summary>
public sealed record AuxiliaryLayout
{
    /// <summary>The name of <see cref="SinkLogits"/>.</summary>
    internal const string SinksName = "sink_logits";

    private const string MaskName = "mask", BlocksName = "block_mask", SlopesName = "alibi_slopes",
        QueryDocumentsName = "q_documents", KeyDocumentsName = "k_documents",
        QueryDocumentLengthsName = "q_document_lengths", KeyDocumentLengthsName = "k_document_lengths", LengthsName = "kv_lengths";

    /// <summary>The most documents that are given by their lengths, where there are fewer rows and keys: so many lengths are 8 MiB.</summary>
    public const int EmptyDocumentsMax = 1 << 20;

    private static readonly ElementType[] s_numbers = [ElementType.Float32, ElementType.Float16, ElementType.BFloat16, ElementType.Float64];
    private static readonly ElementType[] s_integers = [ElementType.Int64, ElementType.Int32];

    /// <summary>No such tensor.</summary>
    public static AuxiliaryLayout None { get; } = new();

    /// <summary>All names that there are.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [MaskName, BlocksName, SlopesName, SinksName, QueryDocumentsName, KeyDocumentsName, QueryDocumentLengthsName, KeyDocumentLengthsName, LengthsName];

    /// <summary><c>mask</c>, broadcast to <c>[B, Hq, Nq, Nk]</c>: booleans (true is visible), or numbers that are added to scores.</summary>
    public AuxiliaryTensor? Mask { get; private init; }

    /// <summary><c>block_mask</c>, booleans, broadcast to <c>[B, Hq, ceil(Nq / rows), ceil(Nk / keys)]</c> with the sides of <see cref="AttentionOptions.MaskBlock"/>.</summary>
    public AuxiliaryTensor? Blocks { get; private init; }

    /// <summary><c>alibi_slopes [Hq]</c>, read as <c>[1, 1, Hq, 1]</c>.</summary>
    public AuxiliaryTensor? Slopes { get; private init; }

    /// <summary><c>sink_logits [Hq]</c>, read as <c>[1, 1, Hq, 1]</c>.</summary>
    public AuxiliaryTensor? SinkLogits { get; private init; }

    /// <summary>
    /// <c>q_documents [B, Nq]</c>, integers, read as <c>[B, 1, Nq, 1]</c>; or <c>q_document_lengths [B, D]</c>, or <c>[D]</c> for all batch entries, read
    /// as <c>[B, 1, D, 1]</c>: the rows of one document after the other (<see cref="AreLengths"/>).
    /// </summary>
    public AuxiliaryTensor? QueryDocuments { get; private init; }

    /// <summary><c>k_documents [B, Nk]</c>, or <c>k_document_lengths</c>, likewise; in the same form as <see cref="QueryDocuments"/>.</summary>
    public AuxiliaryTensor? KeyDocuments { get; private init; }

    /// <summary><c>kv_lengths [B]</c>, integers from 0 to <c>Nk</c>, read as <c>[1, 1, B, 1]</c>.</summary>
    public AuxiliaryTensor? KeyLengths { get; private init; }

    /// <summary>Those that there are.</summary>
    public IEnumerable<AuxiliaryTensor> Tensors =>
        ((AuxiliaryTensor?[])[Mask, Blocks, Slopes, SinkLogits, QueryDocuments, KeyDocuments, KeyLengths]).OfType<AuxiliaryTensor>();

    /// <summary>Whether visibility follows from more than the numbers of rows and keys.</summary>
    public bool HasPattern => Mask is not null || Blocks is not null || QueryDocuments is not null;

    /// <summary>Whether numbers are added to scores.</summary>
    public bool AddsToScores => Mask is { Type: not ElementType.Boolean } || Slopes is not null;

    /// <summary>Whether tasks need parts of a tensor; the others are a few numbers that go with each task, or that no task needs.</summary>
    public static bool IsCutForTasks(AuxiliaryTensor tensor) => tensor.Name is MaskName or BlocksName or QueryDocumentsName or KeyDocumentsName or QueryDocumentLengthsName or KeyDocumentLengthsName;

    /// <summary>Whether documents are given by their lengths, instead of an id for each row.</summary>
    public static bool AreLengths(AuxiliaryTensor tensor) => tensor.Name is QueryDocumentLengthsName or KeyDocumentLengthsName;

    /// <summary>The slopes of ALiBi, as float32.</summary>
    public static AuxiliaryTensor SlopesOf(int heads) => new(SlopesName, ElementType.Float32, new TensorShape(1, 1, heads, 1));

    /// <summary>A layout of tensors that were checked before.</summary>
    public static AuxiliaryLayout Of(IEnumerable<AuxiliaryTensor> tensors) => tensors.Aggregate(None, (layout, tensor) => layout.With(tensor));

    /// <summary>Finds them among the tensors of a file, and checks types and axes.</summary>
    /// <param name="entries">The file's tensors; others than <see cref="Names"/> are passed over.</param>
    /// <param name="shape">The job's.</param>
    /// <param name="options">The job's.</param>
    /// <param name="origin">What the file is called in a reason.</param>
    /// <param name="refusal">The first thing that is wrong.</param>
    public static AuxiliaryLayout? Create(
        IEnumerable<TensorEntry> entries, AttentionShape shape, AttentionOptions options, string origin, out Refusal? refusal)
    {
        var layout = new AuxiliaryLayout();
        refusal = OptionCatalog.Check(options);
        foreach (TensorEntry entry in entries.Where(entry => Names.Contains(entry.Name)))
        {
            if (refusal is not null)
                return null;
            layout = layout.With(entry, shape, options, origin, out refusal);
        }

        refusal ??= CheckDocuments([.. entries.Select(entry => entry.Name)], layout, origin);
        return refusal is null ? layout : null;
    }

    /// <summary>Documents are of rows and of keys, both by ids or both by lengths.</summary>
    private static Refusal? CheckDocuments(HashSet<string> names, AuxiliaryLayout layout, string origin)
    {
        (string Rows, string Keys) ids = (QueryDocumentsName, KeyDocumentsName), lengths = (QueryDocumentLengthsName, KeyDocumentLengthsName);
        foreach ((string rows, string keys) in (ReadOnlySpan<(string, string)>)[ids, lengths])
        {
            if (names.Contains(rows) != names.Contains(keys))
            {
                (string there, string missing) = names.Contains(rows) ? (rows, keys) : (keys, rows);
                return new Refusal("tensor-missing", $"{origin}: the tensor '{there}' needs '{missing}'; give both");
            }
        }

        if (names.Contains(ids.Rows) && names.Contains(lengths.Rows))
            return new Refusal("tensors-conflict", $"{origin}: documents are given twice, by '{ids.Rows}' and by '{lengths.Rows}'; leave one out");
        return layout is { QueryDocuments: { } ofRows, KeyDocuments: { } ofKeys } && AreLengths(ofRows) && ofRows.Shape.Rows != ofKeys.Shape.Rows
            ? new Refusal("wrong-shape", $"{origin}: '{lengths.Rows}' has {ofRows.Shape.Rows} documents, and '{lengths.Keys}' has {ofKeys.Shape.Rows}; one without rows or keys has the length 0")
            : null;
    }

    /// <summary>Many may have neither rows nor keys, such as what fills up a list of a fixed length; each task reads all lengths.</summary>
    private static int DocumentsMax(AttentionShape shape) => Math.Max(EmptyDocumentsMax, Math.Max(shape.QueryRows, shape.Keys));

    private AuxiliaryLayout With(TensorEntry entry, AttentionShape shape, AttentionOptions options, string origin, out Refusal? refusal)
    {
        long blockRows = ((shape.QueryRows - 1L) / options.MaskBlock.Rows) + 1, blockKeys = ((shape.Keys - 1L) / options.MaskBlock.Keys) + 1;
        int heads = shape.Query.Heads;
        (ElementType[] types, long[] wanted, string words) = entry.Name switch
        {
            MaskName => ([ElementType.Boolean, .. s_numbers], [shape.Batch, heads, shape.QueryRows, shape.Keys], "[B, Hq, Nq, Nk]"),
            BlocksName => ([ElementType.Boolean], [shape.Batch, heads, blockRows, blockKeys], "[B, Hq, ceil(Nq / rows), ceil(Nk / keys)]"),
            SlopesName => (s_numbers, [heads], "[Hq]"),
            SinksName => (s_numbers, [heads], "[Hq]"),
            QueryDocumentsName => (s_integers, [shape.Batch, shape.QueryRows], "[B, Nq]"),
            KeyDocumentsName => (s_integers, [shape.Batch, shape.Keys], "[B, Nk]"),
            QueryDocumentLengthsName or KeyDocumentLengthsName => (
                s_integers, [shape.Batch, Math.Clamp(entry.Dimensions.LastOrDefault(), 1, DocumentsMax(shape))], "[B, D] with at most as many documents"),
            _ => (s_integers, new long[] { shape.Batch }, "[B]"),
        };
        bool areLengths = entry.Name is QueryDocumentLengthsName or KeyDocumentLengthsName;
        bool isBroadcast = wanted.Length == 4 || areLengths;
        refusal =
            !types.Contains(entry.Type) ? new Refusal(
                "wrong-type", $"{origin}: the tensor '{entry.Name}' is of type {entry.Type}; wanted {string.Join(", ", types)}") :
            !Fits(entry.Dimensions.AsSpan(), wanted, isBroadcast) ? new Refusal(
                "wrong-shape", $"{origin}: the tensor '{entry.Name}' has shape [{string.Join(", ", entry.Dimensions)}]; wanted {(isBroadcast ? "one that broadcasts to " : "")}{words} = [{string.Join(", ", wanted)}]") :
            isBroadcast && entry.Dimensions[^1] * entry.Type.ByteSize() > int.MaxValue ? new Refusal(
                "wrong-shape", $"{origin}: a row of the tensor '{entry.Name}' has {entry.Dimensions[^1]} elements, more than {int.MaxValue} bytes; give it in a smaller type") :
            null;
        if (refusal is not null)
            return this;
        int[] axes = [.. Enumerable.Repeat(1, 4 - Math.Min(4, entry.Dimensions.Length)), .. entry.Dimensions.Select(axis => (int)axis)];
        return With(new AuxiliaryTensor(entry.Name, entry.Type, entry.Name switch
        {
            MaskName or BlocksName => new TensorShape(axes[0], axes[1], axes[2], axes[3]),
            QueryDocumentsName or KeyDocumentsName => new TensorShape((int)wanted[0], 1, (int)wanted[1], 1),
            QueryDocumentLengthsName or KeyDocumentLengthsName => new TensorShape(axes[2], 1, axes[3], 1),
            _ => new TensorShape(1, 1, (int)wanted[0], 1),
        }));
    }

    private AuxiliaryLayout With(AuxiliaryTensor tensor) => tensor.Name switch
    {
        MaskName => this with { Mask = tensor },
        BlocksName => this with { Blocks = tensor },
        SlopesName => this with { Slopes = tensor },
        SinksName => this with { SinkLogits = tensor },
        QueryDocumentsName or QueryDocumentLengthsName => this with { QueryDocuments = tensor },
        KeyDocumentsName or KeyDocumentLengthsName => this with { KeyDocuments = tensor },
        LengthsName => this with { KeyLengths = tensor },
        _ => throw new ArgumentException($"there is no tensor {tensor.Name}", nameof(tensor)),
    };

    /// <summary>Whether the axes, from the last one on, are those wanted, or 1 where they may be broadcast. One sequence needs no batch axis.</summary>
    private static bool Fits(ReadOnlySpan<long> axes, long[] wanted, bool isBroadcast)
    {
        if (axes.Length > wanted.Length || (!isBroadcast && axes.Length < wanted.Length && wanted[0] != 1) || axes.Length == 0)
            return false;
        for (int i = 1; i <= axes.Length; i++)
        {
            if (axes[^i] != wanted[^i] && !(isBroadcast && axes[^i] == 1))
                return false;
        }

        return isBroadcast || axes.Length >= wanted.Length - 1;
    }
}
