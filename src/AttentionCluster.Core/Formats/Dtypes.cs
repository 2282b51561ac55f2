using System.Collections.Frozen;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Formats;

/// <summary>The names of element types in the formats, and what each one means. Safetensors' names are the common tongue.</summary>
internal static class Dtypes
{
    /// <summary>Bits of one element, for every type that safetensors 0.7 knows; the 4- and 6-bit ones are packed.</summary>
    private static readonly FrozenDictionary<string, int> _bits = new Dictionary<string, int>
    {
        ["F4"] = 4,
        ["F6_E2M3"] = 6,
        ["F6_E3M2"] = 6,
        ["BOOL"] = 8,
        ["U8"] = 8,
        ["I8"] = 8,
        ["F8_E5M2"] = 8,
        ["F8_E4M3"] = 8,
        ["F8_E8M0"] = 8,
        ["F8_E4M3FNUZ"] = 8,
        ["F8_E5M2FNUZ"] = 8,
        ["U16"] = 16,
        ["I16"] = 16,
        ["F16"] = 16,
        ["BF16"] = 16,
        ["U32"] = 32,
        ["I32"] = 32,
        ["F32"] = 32,
        ["U64"] = 64,
        ["I64"] = 64,
        ["F64"] = 64,
        ["C64"] = 64,
    }.ToFrozenDictionary();

    /// <summary>npy's types without the mark of their byte order.</summary>
    private static readonly FrozenDictionary<string, string> _ofNpy = new Dictionary<string, string>
    {
        ["f2"] = "F16",
        ["f4"] = "F32",
        ["f8"] = "F64",
        ["b1"] = "BOOL",
        ["?"] = "BOOL",
        ["u1"] = "U8",
        ["i1"] = "I8",
        ["u2"] = "U16",
        ["i2"] = "I16",
        ["u4"] = "U32",
        ["i4"] = "I32",
        ["u8"] = "U64",
        ["i8"] = "I64",
    }.ToFrozenDictionary();

    /// <summary>What Q, K and V can be, in the words of a refusal.</summary>
    public const string WantedFloats = "F32, F16, BF16 or F64";

    public static bool TryGetBits(string dtype, out int bits) => _bits.TryGetValue(dtype, out bits);

    /// <summary>
    /// Reads a type as NumPy does: the mark of the byte order may be missing, or be <c>=</c>, and is then that of the machine, which is
    /// little endian, as is
    /// <c>|</c>; of a type of one byte it says nothing.
    /// </summary>
    public static bool TryFromNpy(string descr, out string dtype)
    {
        bool isMarked = descr.Length > 0 && descr[0] is '<' or '>' or '=' or '|';
        return _ofNpy.TryGetValue(isMarked ? descr[1..] : descr, out dtype!) && (!isMarked || _bits[dtype] == 8 || descr[0] != '>');
    }

    public static string Name(ElementType type) => type switch
    {
        ElementType.Float32 => "F32",
        ElementType.Float16 => "F16",
        ElementType.BFloat16 => "BF16",
        ElementType.Float64 => "F64",
        ElementType.Boolean => "BOOL",
        ElementType.Int32 => "I32",
        ElementType.Int64 => "I64",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    public static bool TryGetElementType(string dtype, out ElementType type)
    {
        (bool known, type) = dtype switch
        {
            "F32" => (true, ElementType.Float32),
            "F16" => (true, ElementType.Float16),
            "BF16" => (true, ElementType.BFloat16),
            "F64" => (true, ElementType.Float64),
            "BOOL" => (true, ElementType.Boolean),
            "I32" => (true, ElementType.Int32),
            "I64" => (true, ElementType.Int64),
            _ => (false, default),
        };
        return known;
    }

    /// <summary>
    /// The bytes that elements of <paramref name="bits"/> take; false when they are no whole number of bytes, or more
    /// than an offset can count.
    /// </summary>
    public static bool TryGetByteLength(ReadOnlySpan<long> dimensions, int bits, out long byteLength)
    {
        byteLength = 0;
        UInt128 total = (UInt128)bits;
        foreach (long axis in dimensions)
        {
            total *= (UInt128)axis;
            if (total > long.MaxValue)
                return false;
        }

        byteLength = (long)(total / 8);
        return total % 8 == 0;
    }
}
