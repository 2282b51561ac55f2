using System.Collections.Frozen;
using System.Collections.Immutable;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Formats;

/// <summary>What a reader found in a file, in the file's order.</summary>
internal sealed record TensorContents(
    ImmutableArray<TensorEntry> Entries,
    ImmutableArray<OtherTensorEntry> OtherEntries,
    IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Parts the tensors that a job can use from the others.</summary>
    public static TensorContents Of(
        IReadOnlyList<OtherTensorEntry> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ImmutableArray<TensorEntry>.Builder entries = ImmutableArray.CreateBuilder<TensorEntry>();
        ImmutableArray<OtherTensorEntry>.Builder others = ImmutableArray.CreateBuilder<OtherTensorEntry>();
        foreach (OtherTensorEntry tensor in tensors)
        {
            if (Dtypes.TryGetElementType(tensor.Dtype, out ElementType type))
                entries.Add(new(tensor.Name, type, tensor.Dimensions, tensor.ByteOffset, tensor.ByteLength));
            else
                others.Add(tensor);
        }

        return new(entries.DrainToImmutable(), others.DrainToImmutable(), metadata ?? FrozenDictionary<string, string>.Empty);
    }
}
