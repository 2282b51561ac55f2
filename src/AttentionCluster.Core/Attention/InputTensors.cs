using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Attention;

/// <summary>
/// Q, K and V among the tensors of one file. A tensor that is not read is refused, because it may be meant to change the result (a
/// mask, or a misspelt one), and a result that ignores it would be wrong without a word.
/// </summary>
/// <param name="Query">Where Q is.</param>
/// <param name="Key">Where K is.</param>
/// <param name="Value">Where V is.</param>
/// <param name="Shape">Their shapes, which fit together.</param>
internal sealed record InputTensors(TensorEntry Query, TensorEntry Key, TensorEntry Value, AttentionShape Shape)
{
    /// <summary>The tensors beside them.</summary>
    public AuxiliaryLayout Auxiliary { get; private init; } = AuxiliaryLayout.None;

    /// <summary>Where those are: one for each of <see cref="AuxiliaryLayout.Tensors"/>.</summary>
    public IReadOnlyList<TensorEntry> AuxiliaryEntries { get; private init; } = [];

    /// <summary>Names that a reason shows.</summary>
    private const int NamesShownMax = 20;

    /// <summary>Results of an earlier job may stand beside its inputs.</summary>
    private static readonly string[] s_known = ["q", "k", "v", "o", "lse", .. AuxiliaryTensorCatalog.Names];

    /// <summary>Names of tensors that a job reads.</summary>
    public static IReadOnlyCollection<string> ReadNames { get; } = ["q", "k", "v", .. AuxiliaryTensorCatalog.Names];

    /// <summary>What the user should know of the tensors though they are accepted.</summary>
    public IReadOnlyList<string> Warnings =>
    [
        .. from tensor in (TensorEntry[])[Query, Key, Value, .. AuxiliaryEntries]
           where tensor.Type == ElementType.Float64
           select $"{tensor.Name} is float64 and was converted to float32",
    ];

    /// <summary>Refuses the first name that is not known.</summary>
    /// <param name="names">All names of the file.</param>
    /// <param name="origin">What the file is called in the reason.</param>
    public static Refusal? CheckNames(IEnumerable<string> names, string origin)
    {
        foreach (string name in names)
        {
            if (!s_known.Contains(name))
            {
                return new Refusal(
                    ErrorCode.UnknownTensor,
                    $"{origin}: the tensor '{name}' is not known; an input has q, k and v, "
                        + $"and may have {string.Join(", ", AuxiliaryTensorCatalog.Names)}; leave it out");
            }
        }

        return null;
    }

    /// <summary>Finds them in what a header promises, and checks that they fit together.</summary>
    /// <param name="file">The header.</param>
    /// <param name="options">The job's.</param>
    /// <param name="origin">What the file is called in the reason.</param>
    /// <param name="refusal">Why there is no job in it.</param>
    public static InputTensors? Find(SafetensorsPrefix file, AttentionOptions options, string origin, out Refusal? refusal)
    {
        refusal = CheckNames(file.Entries.Select(entry => entry.Name).Concat(file.OtherEntries.Select(other => other.Name)), origin);
        if (refusal is null
            && Find(file, origin, "q", out TensorShape q, out refusal) is { } query
            && Find(file, origin, "k", out TensorShape k, out refusal) is { } key
            && Find(file, origin, "v", out TensorShape v, out refusal) is { } value
            && AttentionShape.Create(q, k, v, out refusal) is { } shape
            && (refusal = CheckTypes(file)) is null
            && AuxiliaryLayout.Create(file.Entries, shape, options, origin, out refusal) is { } auxiliary)
        {
            return new InputTensors(query, key, value, shape)
            {
                Auxiliary = auxiliary,
                AuxiliaryEntries = [.. auxiliary.Tensors.Select(tensor => file.Entries.First(entry => entry.Name == tensor.Name))],
            };
        }

        return null;
    }

    /// <summary>A tensor beside Q, K and V of a type that nobody knows what to do with.</summary>
    private static Refusal? CheckTypes(SafetensorsPrefix file) =>
        file.OtherEntries.FirstOrDefault(other => AuxiliaryTensorCatalog.Names.Contains(other.Name)) is { } other
            ? new Refusal(ErrorCode.WrongType, $"the tensor '{other.Name}' is of type {other.Dtype}, which no option takes")
            : null;

    private static TensorEntry? Find(SafetensorsPrefix file, string origin, string name, out TensorShape shape, out Refusal? refusal) =>
        Find(file.Entries, file.OtherEntries, origin, name, out shape, out refusal);

    /// <summary>Finds one of Q, K and V, and reads its axes.</summary>
    /// <param name="entries">Tensors of a file.</param>
    /// <param name="others">Those of types that no job can use.</param>
    /// <param name="origin">What the file is called in the reason.</param>
    /// <param name="name">The tensor's.</param>
    /// <param name="shape">Its axes.</param>
    /// <param name="refusal">Why there is none.</param>
    public static TensorEntry? Find(
        IReadOnlyList<TensorEntry> entries, IReadOnlyList<OtherTensorEntry> others, string origin, string name, out TensorShape shape,
            out Refusal? refusal)
    {
        shape = default;
        TensorEntry? entry = entries.FirstOrDefault(entry => entry.Name == name);
        string? type = entry is null ? others.FirstOrDefault(other => other.Name == name)?.Dtype : entry.Type.IsFloatingPoint() ? null
            : Dtypes.Name(entry.Type);
        string reason = "";
        refusal =
            type is not null ? new Refusal(ErrorCode.WrongType,
                $"{origin}: the tensor '{name}' is of type {type}; wanted {Dtypes.WantedFloats}") :
            entry is null ? new Refusal(ErrorCode.TensorMissing,
                $"{origin}: there is no tensor '{name}' among {Names(entries, others)}; an input has q, k and v") :
            !TensorShape.TryCreate(entry.Dimensions.AsSpan(), out shape, out reason)
                ? new Refusal(ErrorCode.WrongShape, $"{origin}: the tensor '{name}' {reason}") :
            null;
        return refusal is null ? entry : null;
    }

    private static string Names(IReadOnlyList<TensorEntry> entries, IReadOnlyList<OtherTensorEntry> others)
    {
        string[] names = [.. entries.Select(entry => entry.Name).Concat(others.Select(other => other.Name)).Take(NamesShownMax)];
        return names.Length == 0 ? "no tensors" : string.Join(", ", names);
    }
}
