using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AttentionCluster.Core.Tensors;

/// <summary>Sizes and conversions of <see cref="ElementType"/>.</summary>
public static class ElementTypes
{
    private const ushort BFloat16Infinity = 0x7F80, BFloat16Largest = 0x7F7F;

    /// <summary>Bytes of one element.</summary>
    public static int ByteSize(this ElementType type) => type switch
    {
        ElementType.Boolean => 1,
        ElementType.Float16 or ElementType.BFloat16 => 2,
        ElementType.Float32 or ElementType.Int32 => 4,
        ElementType.Float64 or ElementType.Int64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>Whether Q, K and V can be of this type.</summary>
    public static bool IsFloatingPoint(this ElementType type) =>
        type is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64;

    /// <summary>
    /// Widens or narrows <paramref name="source"/> to float32. Exact for the 16-bit types; float64 rounds to nearest, and a finite number
    /// stays finite: beyond the largest float32 it becomes that. An infinity would be another number's sentinel.
    /// </summary>
    /// <param name="type">What <paramref name="source"/> holds.</param>
    /// <param name="source">Whole elements.</param>
    /// <param name="destination">At least as many floats as <paramref name="source"/> has elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The type is no floating-point one.</exception>
    public static void ToSingle(this ElementType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case ElementType.Float32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(destination);
                break;
            case ElementType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case ElementType.BFloat16:
                WidenBFloat16(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<float, uint>(destination));
                break;
            case ElementType.Float64:
                NarrowFloat64(MemoryMarshal.Cast<byte, double>(source), destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, null);
        }
    }

    /// <summary>The largest finite number of a floating-point type.</summary>
    public static double LargestFinite(this ElementType type) => type switch
    {
        ElementType.Float16 => (double)Half.MaxValue,
        ElementType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)BFloat16Largest << 16),
        ElementType.Float32 => float.MaxValue,
        ElementType.Float64 => double.MaxValue,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>
    /// Rounds float32 to nearest, ties to even, and what is finite and beyond the type's largest number to that. The inverse of <see
    /// cref="ToSingle"/> for numbers that the type can hold.
    /// </summary>
    /// <param name="type">What <paramref name="destination"/> will hold.</param>
    /// <param name="source">The numbers.</param>
    /// <param name="destination">Room for as many elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The type is no floating-point one.</exception>
    public static void FromSingle(this ElementType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        switch (type)
        {
            case ElementType.Float32:
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
            case ElementType.Float16:
                NarrowFloat16(source, MemoryMarshal.Cast<byte, Half>(destination));
                break;
            case ElementType.BFloat16:
                Span<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(destination);
                for (int i = 0; i < source.Length; i++)
                    narrow[i] = ToBFloat16(source[i]);
                break;
            case ElementType.Float64:
                TensorPrimitives.ConvertTruncating(source, MemoryMarshal.Cast<byte, double>(destination));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, null);
        }
    }

    /// <summary>Widens integers.</summary>
    /// <param name="type"><see cref="ElementType.Int64"/> or <see cref="ElementType.Int32"/>.</param>
    /// <param name="source">Elements, wherever they begin.</param>
    /// <param name="destination">Room for as many.</param>
    /// <param name="count">How many.</param>
    internal static unsafe void ToInt64(this ElementType type, byte* source, long* destination, long count)
    {
        for (long i = 0; i < count; i++)
        {
            destination[i] = type switch
            {
                ElementType.Int64 => Unsafe.ReadUnaligned<long>(source + (i * sizeof(long))),
                ElementType.Int32 => Unsafe.ReadUnaligned<int>(source + (i * sizeof(int))),
                _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
            };
        }
    }

    /// <summary>The same between spans.</summary>
    /// <param name="type"><see cref="ElementType.Int64"/> or <see cref="ElementType.Int32"/>.</param>
    /// <param name="source">Whole elements.</param>
    /// <param name="destination">Room for as many.</param>
    internal static unsafe void ToInt64(this ElementType type, ReadOnlySpan<byte> source, Span<long> destination)
    {
        int count = source.Length / type.ByteSize();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, destination.Length, nameof(source));
        fixed (byte* from = source)
        {
            fixed (long* to = destination)
                type.ToInt64(from, to, count);
        }
    }

    private static ushort ToBFloat16(float number)
    {
        uint bits = BitConverter.SingleToUInt32Bits(number);

        // Rounding could carry a NaN's mantissa away: it becomes the quiet one.
        if (float.IsNaN(number))
            return (ushort)((bits >> 16) | 0x40);
        uint lastKept = (bits >> 16) & 1;
        ushort rounded = (ushort)((bits + 0x7FFF + lastKept) >> 16);
        return (rounded & BFloat16Infinity) == BFloat16Infinity && float.IsFinite(number) ? (ushort)((rounded & 0x8000) | BFloat16Largest)
            : rounded;
    }

    private static void NarrowFloat64(ReadOnlySpan<double> source, Span<float> destination)
    {
        destination = destination[..source.Length];
        TensorPrimitives.ConvertTruncating(source, destination);
        if (TensorPrimitives.IsFiniteAll<float>(destination))
            return;
        for (int i = 0; i < source.Length; i++)
        {
            if (double.IsFinite(source[i]) && float.IsInfinity(destination[i]))
                destination[i] = MathF.CopySign(float.MaxValue, destination[i]);
        }
    }

    private static void NarrowFloat16(ReadOnlySpan<float> source, Span<Half> destination)
    {
        destination = destination[..source.Length];
        TensorPrimitives.ConvertToHalf(source, destination);
        if (TensorPrimitives.IsFiniteAll<Half>(destination))
            return;
        for (int i = 0; i < source.Length; i++)
        {
            if (float.IsFinite(source[i]) && Half.IsInfinity(destination[i]))
                destination[i] = source[i] > 0 ? Half.MaxValue : Half.MinValue;
        }
    }

    private static void WidenBFloat16(ReadOnlySpan<ushort> source, Span<uint> destination)
    {
        TensorPrimitives.ConvertTruncating(source, destination[..source.Length]);
        TensorPrimitives.ShiftLeft(destination[..source.Length], 16, destination);
    }
}
