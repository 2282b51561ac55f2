using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Attention;

/// <summary>
/// The tensors beside Q, K and V that a job has: what its rows see, and how their scores are modified. Known from headers alone.
/// </summary>
internal sealed class AuxiliaryLayout
{
    /// <summary>By role.</summary>
    private readonly AuxiliaryTensor?[] _tensors;

    private AuxiliaryLayout(AuxiliaryTensor?[] tensors) => _tensors = tensors;

    /// <summary>No such tensor.</summary>
    public static AuxiliaryLayout None { get; } = Of([]);

    /// <summary>
    /// <c>mask</c>, broadcast to <c>[B, Hq, Nq, Nk]</c>: booleans (true is visible), or numbers that are added to scores.
    /// </summary>
    public AuxiliaryTensor? Mask => this[AuxiliaryRole.Mask];

    /// <summary>
    /// <c>block_mask</c>, booleans, broadcast to <c>[B, Hq, ceil(Nq / rows), ceil(Nk / keys)]</c> with the rows and keys of
    /// <see cref="AttentionOptions.MaskBlock"/>.
    /// </summary>
    public AuxiliaryTensor? Blocks => this[AuxiliaryRole.Blocks];

    /// <summary><c>alibi_slopes [Hq]</c>, read as <c>[1, 1, Hq, 1]</c>.</summary>
    public AuxiliaryTensor? Slopes => this[AuxiliaryRole.Slopes];

    /// <summary><c>sink_logits [Hq]</c>, read as <c>[1, 1, Hq, 1]</c>.</summary>
    public AuxiliaryTensor? SinkLogits => this[AuxiliaryRole.SinkLogits];

    /// <summary>
    /// <c>q_documents [B, Nq]</c>, integers, read as <c>[B, 1, Nq, 1]</c>; or <c>q_document_lengths [B, D]</c>, or <c>[D]</c> for all
    /// batch entries, read as <c>[B, 1, D, 1]</c>: the rows of one document after the other (<see cref="AuxiliaryTensor.AreLengths"/>).
    /// </summary>
    public AuxiliaryTensor? QueryDocuments => this[AuxiliaryRole.QueryDocuments];

    /// <summary>
    /// <c>k_documents [B, Nk]</c>, or <c>k_document_lengths</c>, likewise; in the same form as <see cref="QueryDocuments"/>.
    /// </summary>
    public AuxiliaryTensor? KeyDocuments => this[AuxiliaryRole.KeyDocuments];

    /// <summary><c>kv_lengths [B]</c>, integers from 0 to <c>Nk</c>, read as <c>[1, 1, B, 1]</c>.</summary>
    public AuxiliaryTensor? KeyLengths => this[AuxiliaryRole.KeyLengths];

    /// <summary>Those that there are, by role.</summary>
    public IEnumerable<AuxiliaryTensor> Tensors => _tensors.OfType<AuxiliaryTensor>();

    /// <summary>Whether visibility follows from more than the numbers of rows and keys.</summary>
    public bool HasPattern => Mask is not null || Blocks is not null || QueryDocuments is not null;

    /// <summary>Whether numbers are added to scores.</summary>
    public bool AddsToScores => Mask is { Type: not ElementType.Boolean } || Slopes is not null;

    /// <summary>The tensor of a role; null without one.</summary>
    public AuxiliaryTensor? this[AuxiliaryRole role] => _tensors[(int)role];

    /// <summary>The slopes of ALiBi, as float32.</summary>
    public static AuxiliaryTensor SlopesOf(int heads) =>
        new(AuxiliaryTensorCatalog.Of(AuxiliaryRole.Slopes).Name, ElementType.Float32, new TensorShape(1, 1, heads, 1));

    /// <summary>A layout of tensors that were checked before.</summary>
    public static AuxiliaryLayout Of(IEnumerable<AuxiliaryTensor> tensors)
    {
        var byRole = new AuxiliaryTensor?[Enum.GetValues<AuxiliaryRole>().Length];
        foreach (AuxiliaryTensor tensor in tensors)
            byRole[(int)tensor.Descriptor.Role] = tensor;
        return new AuxiliaryLayout(byRole);
    }

    /// <summary>Finds them among the tensors of a file, and checks types and axes.</summary>
    /// <param name="entries">The file's tensors; others than <see cref="AuxiliaryTensorCatalog.Names"/> are passed over.</param>
    /// <param name="shape">The job's.</param>
    /// <param name="options">The job's.</param>
    /// <param name="origin">What the file is called in a reason.</param>
    /// <param name="refusal">The first thing that is wrong.</param>
    public static AuxiliaryLayout? Create(
        IEnumerable<TensorEntry> entries, AttentionShape shape, AttentionOptions options, string origin, out Refusal? refusal)
    {
        refusal = OptionCatalog.Check(options);
        var tensors = new List<AuxiliaryTensor>();
        foreach (TensorEntry entry in entries)
        {
            if (AuxiliaryTensorCatalog.Find(entry.Name) is not { } descriptor)
                continue;
            if (refusal is not null || descriptor.Read(entry, shape, options, origin, out refusal) is not { } tensor)
                return null;
            tensors.Add(tensor);
        }

        refusal ??= CheckCompanions(tensors, origin);
        AuxiliaryLayout? layout = refusal is null ? Of(tensors) : null;
        if (layout is { QueryDocuments: { AreLengths: true } ofRows, KeyDocuments: { } ofKeys } && ofRows.Shape.Rows != ofKeys.Shape.Rows)
        {
            refusal = new Refusal(
                ErrorCode.WrongShape,
                $"{origin}: '{ofRows.Name}' has {ofRows.Shape.Rows} documents, and '{ofKeys.Name}' has {ofKeys.Shape.Rows}; "
                    + "one without rows or keys has the length 0");
        }

        return refusal is null ? layout : null;
    }

    /// <summary>Documents are of rows and of keys, both by ids or both by lengths.</summary>
    private static Refusal? CheckCompanions(List<AuxiliaryTensor> tensors, string origin)
    {
        AuxiliaryTensor[] inOrder = [.. AuxiliaryTensorCatalog.Names.SelectMany(name => tensors.Where(tensor => tensor.Name == name))];
        foreach (AuxiliaryTensor tensor in inOrder)
        {
            if (tensor.Descriptor.Companion is { } companion && !inOrder.Any(other => other.Name == companion))
                return new Refusal(ErrorCode.TensorMissing, $"{origin}: the tensor '{tensor.Name}' needs '{companion}'; give both");
        }

        AuxiliaryTensor[]? same = inOrder.GroupBy(tensor => tensor.Descriptor.Role).FirstOrDefault(ofRole => ofRole.Count() > 1)?.ToArray();
        return same is null ? null : new Refusal(
            ErrorCode.TensorsConflict, $"{origin}: documents are given twice, by '{same[0].Name}' and by '{same[1].Name}'; leave one out");
    }
}
