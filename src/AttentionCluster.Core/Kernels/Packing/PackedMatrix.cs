using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels.Packing;

/// <summary>Where packed elements begin, and how they are stored: float32, float16 or bfloat16.</summary>
internal readonly unsafe struct PackedMatrix(byte* first, ElementType type)
{
    /// <summary>The first element.</summary>
    internal byte* First => first;

    /// <summary>Of each element.</summary>
    internal ElementType Type => type;

    /// <summary>Without some elements at the start.</summary>
    internal PackedMatrix Skip(int elements) =>
        new(first + ((nint)elements * (type == ElementType.Float32 ? sizeof(float) : sizeof(ushort))), type);
}
