using System.Collections.Immutable;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Formats;

/// <summary>One tensor of a file that a job can use.</summary>
/// <param name="Name">Unique in its file.</param>
/// <param name="Type">The elements, little endian, in C order.</param>
/// <param name="Dimensions">The axes, slowest first; empty for a scalar.</param>
/// <param name="ByteOffset">Where the data starts in the file (in the extracted member, for npz).</param>
/// <param name="ByteLength">Elements times their size.</param>
public sealed record TensorEntry(
    string Name, ElementType Type, ImmutableArray<long> Dimensions, long ByteOffset, long ByteLength);
