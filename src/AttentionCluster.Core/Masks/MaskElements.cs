using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// Elements of a mask tensor for some heads, rows and keys. A boolean element says whether the key is visible; a number is added to the
/// score, and -infinity hides the key.
/// </summary>
/// <param name="first">The element of the first head, row and key; null without a tensor.</param>
/// <param name="type">Their type.</param>
/// <param name="headStride">Elements from one head to the next; 0 when all heads have the same.</param>
/// <param name="rowStride">Elements from one row to the next; 0 when all rows have the same.</param>
/// <param name="keyStride">Elements from one key to the next: 1, or 0 when all keys have the same.</param>
internal readonly unsafe struct MaskElements(byte* first, ElementType type, long headStride, long rowStride, int keyStride = 1)
{
    /// <summary>Whether there is no tensor.</summary>
    public bool IsAbsent => first == null;

    /// <summary>Whether elements are added to scores.</summary>
    public bool IsAdded => first != null && type != ElementType.Boolean;

    /// <summary>The elements' type.</summary>
    public ElementType Type => type;

    /// <summary>The element of a row and the first key.</summary>
    public byte* Row(int head, long row) => first + (((head * headStride) + (row * rowStride)) * type.ByteSize());

    /// <summary>Whether an element leaves its key visible.</summary>
    public bool IsVisible(int head, long row, long key) =>
        type == ElementType.Boolean ? Row(head, row)[key * keyStride] != 0 : !float.IsNegativeInfinity(Number(head, row, key));

    /// <summary>What an element adds to its score: 0 for a boolean one.</summary>
    public float Number(int head, long row, long key)
    {
        if (type == ElementType.Boolean)
            return 0;
        float number = 0;
        type.ToSingle(new ReadOnlySpan<byte>(Row(head, row) + (key * keyStride * type.ByteSize()), type.ByteSize()),
            new Span<float>(ref number));
        return number;
    }

    /// <summary>Clears the bits of keys that a row's elements hide.</summary>
    /// <param name="bits">One for each key of a tile.</param>
    /// <param name="head">Counted from the first head.</param>
    /// <param name="row">Counted from the first row.</param>
    /// <param name="firstKey">The key of the first bit, counted from the first key.</param>
    /// <param name="keys">Bits that count.</param>
    internal void Hide(ulong* bits, int head, long row, long firstKey, int keys)
    {
        byte* elements = Row(head, row) + (firstKey * keyStride * type.ByteSize());
        if (keyStride == 0)
        {
            if (!IsVisible(head, row, 0))
                new Span<ulong>(bits, KeyBits.Words).Clear();
            return;
        }

        switch (type)
        {
            case ElementType.Boolean:
                KeyBits.AndNonZero(bits, elements, keys);
                break;
            case ElementType.Float32:
                KeyBits.AndNot(bits, (uint*)elements, keys, 0xFF800000u);
                break;
            case ElementType.Float16:
                KeyBits.AndNot(bits, (ushort*)elements, keys, (ushort)0xFC00);
                break;
            case ElementType.BFloat16:
                KeyBits.AndNot(bits, (ushort*)elements, keys, (ushort)0xFF80);
                break;
            default:
                KeyBits.And(bits, (double*)elements, keys, static element => !double.IsNegativeInfinity(element));
                break;
        }
    }
}
