using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>Numbers as bytes of an element type.</summary>
internal static class Stored
{
    public static byte[] From(ReadOnlySpan<float> numbers, ElementType type)
    {
        byte[] stored = new byte[numbers.Length * type.ByteSize()];
        type.FromSingle(numbers, stored);
        return stored;
    }

    /// <summary>The nearest number at or below in magnitude that all element types can hold.</summary>
    public static float Exact(float number) =>
        (float)(Half)BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(number) & 0xFFFF0000);
}
