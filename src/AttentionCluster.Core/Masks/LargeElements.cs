using System.Runtime.Intrinsics;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// Whether elements that are added to scores are so large that a score beside them loses more than rounding takes from it anyway: rows look
/// for a constant to take off only then.
/// </summary>
/// <param name="Any">A finite element has a magnitude above <see cref="Usual"/>.</param>
/// <param name="Positive">A positive one has.</param>
internal readonly record struct LargeElements(bool Any, bool Positive)
{
    /// <summary>
    /// Scores have their own error beside numbers of this size, and masks that tell positions apart have none above. Half of what makes a
    /// row's constant worth taking off, since a mask and ALiBi may both be added.
    /// </summary>
    internal const float Usual = 32;

    /// <summary>Both.</summary>
    internal LargeElements And(LargeElements other) => new(Any || other.Any, Positive || other.Positive);

    /// <summary>Looks at elements; what is infinite hides, or makes the row not finite, and is not large.</summary>
    /// <param name="type">float32, float16 or bfloat16.</param>
    /// <param name="elements">Whole ones.</param>
    internal static LargeElements Of(ElementType type, ReadOnlySpan<byte> elements) => type switch
    {
        ElementType.Float32 => OfBits<uint>(elements, BitConverter.SingleToUInt32Bits(Usual), 0x7F800000),
        ElementType.Float16 => OfBits<ushort>(elements, BitConverter.HalfToUInt16Bits((Half)Usual), 0x7C00),
        ElementType.BFloat16 => OfBits<ushort>(elements, (ushort)(BitConverter.SingleToUInt32Bits(Usual) >> 16), 0x7F80),
        _ => default,
    };

    /// <summary>Without their signs, bits of floating-point numbers order as their magnitudes do.</summary>
    private static unsafe LargeElements OfBits<T>(ReadOnlySpan<byte> elements, T usual, T infinity)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>, System.Numerics.IUnsignedNumber<T>
    {
        T sign = T.One << ((sizeof(T) * 8) - 1);
        Vector512<T> signs = Vector512.Create(sign), usuals = Vector512.Create(usual), infinities = Vector512.Create(infinity);
        Vector512<T> any = default, positive = default;
        fixed (byte* first = elements)
        {
            T* numbers = (T*)first;
            int count = elements.Length / sizeof(T), i = 0;
            for (; i + Vector512<T>.Count <= count; i += Vector512<T>.Count)
            {
                Vector512<T> bits = Vector512.Load(numbers + i), magnitudes = Vector512.AndNot(bits, signs);
                Vector512<T> large = Vector512.GreaterThan(magnitudes, usuals) & Vector512.LessThan(magnitudes, infinities);
                any |= large;
                positive |= large & Vector512.Equals(bits, magnitudes);
            }

            var found = new LargeElements(any != Vector512<T>.Zero, positive != Vector512<T>.Zero);
            for (; i < count; i++)
            {
                T magnitude = numbers[i] & ~sign;
                bool isLarge = magnitude > usual && magnitude < infinity;
                found = found.And(new LargeElements(isLarge, isLarge && magnitude == numbers[i]));
            }

            return found;
        }
    }
}
