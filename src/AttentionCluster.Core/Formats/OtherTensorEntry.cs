using System.Collections.Immutable;

namespace AttentionCluster.Core.Formats;

/// <summary>
/// One tensor of a file whose elements are no <see cref="Tensors.ElementType"/>: unsigned and short integers, 8-bit floats. Its
/// bytes can be read, but no job can use them.
/// </summary>
/// <param name="Name">Unique in its file.</param>
/// <param name="Dtype">The type as safetensors spells it, for npz too: <c>U8</c>, <c>I16</c>, ...</param>
/// <param name="Dimensions">The axes, slowest first; empty for a scalar.</param>
/// <param name="ByteOffset">Where the data starts in the file (in the extracted member, for npz).</param>
/// <param name="ByteLength">Elements times their size.</param>
public sealed record OtherTensorEntry(
    string Name, string Dtype, ImmutableArray<long> Dimensions, long ByteOffset, long ByteLength);
