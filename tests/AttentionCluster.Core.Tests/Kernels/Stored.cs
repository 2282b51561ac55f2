using System.Runtime.InteropServices;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>Numbers as bytes of an element type.</summary>
internal static class Stored
{
    public static byte[] From(ReadOnlySpan<float> numbers, ElementType type)
    {
        switch (type)
        {
            case ElementType.Float16:
                return Bytes(numbers, number => (Half)number);
            case ElementType.BFloat16:
                return Bytes(numbers, number => (ushort)(BitConverter.SingleToUInt32Bits(number) >> 16));
            case ElementType.Float64:
                return Bytes(numbers, number => (double)number);
            default:
                return MemoryMarshal.AsBytes(numbers).ToArray();
        }
    }

    /// <summary>The nearest number at or below in magnitude that all element types can hold.</summary>
    public static float Exact(float number) =>
        (float)(Half)BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(number) & 0xFFFF0000);

    private static byte[] Bytes<T>(ReadOnlySpan<float> numbers, Func<float, T> convert)
        where T : unmanaged
    {
        var stored = new T[numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
            stored[i] = convert(numbers[i]);
        return MemoryMarshal.AsBytes(stored.AsSpan()).ToArray();
    }
}
