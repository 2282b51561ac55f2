using System.Numerics;
using System.Runtime.Intrinsics;

namespace AttentionCluster.Core.Tensors;

/// <summary>How large elements are, whatever their sign.</summary>
internal static class Magnitudes
{
    /// <summary>The largest magnitude; infinity or NaN where an element is, and 0 of none.</summary>
    /// <param name="type">float32, float16 or bfloat16.</param>
    /// <param name="elements">Whole ones.</param>
    internal static float Largest(ElementType type, ReadOnlySpan<byte> elements) => type switch
    {
        ElementType.Float32 => BitConverter.UInt32BitsToSingle(LargestBits<uint>(elements)),
        ElementType.Float16 => (float)BitConverter.UInt16BitsToHalf(LargestBits<ushort>(elements)),
        ElementType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)LargestBits<ushort>(elements) << 16),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>
    /// Without their signs, bits of floating-point numbers order as their magnitudes do, with infinity and NaN above all numbers.
    /// </summary>
    private static unsafe T LargestBits<T>(ReadOnlySpan<byte> elements)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        T sign = T.One << ((sizeof(T) * 8) - 1), largest = T.Zero;
        fixed (byte* first = elements)
        {
            T* numbers = (T*)first;
            int count = elements.Length / sizeof(T), lanes = Vector512<T>.Count, i = 0;
            Vector512<T> signs = Vector512.Create(sign), most = default;
            for (; i + lanes <= count; i += lanes)
                most = Vector512.Max(most, Vector512.AndNot(Vector512.Load(numbers + i), signs));
            for (int lane = 0; i > 0 && lane < lanes; lane++)
                largest = T.Max(largest, most[lane]);
            for (; i < count; i++)
                largest = T.Max(largest, numbers[i] & ~sign);
            return largest;
        }
    }
}
