using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Masks;

/// <summary>A bit for every key of a tile: which of them a row sees.</summary>
internal static unsafe class KeyBits
{
    /// <summary>Words of a row's bits.</summary>
    internal const int Words = TileGeometry.Keys / WordBits;

    private const int WordBits = 64;

    /// <summary>Sets the bits of a range.</summary>
    internal static void SetRange(ulong* bits, int start, int end)
    {
        for (int word = start / WordBits; word * WordBits < end; word++)
            bits[word] |= Within(word, start, end);
    }

    /// <summary>Clears the bits of a range.</summary>
    internal static void ClearRange(ulong* bits, int start, int end)
    {
        for (int word = start / WordBits; word * WordBits < end; word++)
            bits[word] &= ~Within(word, start, end);
    }

    /// <summary>Clears what is clear in another row's bits.</summary>
    internal static void And(ulong* bits, ulong* other)
    {
        for (int word = 0; word < Words; word++)
            bits[word] &= other[word];
    }

    /// <summary>Clears the bits of elements that a condition does not hold for, one by one.</summary>
    internal static void And<T>(ulong* bits, T* elements, int count, Func<T, bool> condition)
        where T : unmanaged
    {
        for (int i = 0; i < count; i++)
        {
            if (!condition(elements[i]))
                bits[i / WordBits] &= ~(1UL << (i % WordBits));
        }
    }

    /// <summary>Clears the bits of bytes that are zero.</summary>
    internal static void AndNonZero(ulong* bits, byte* elements, int count)
    {
        int word = 0;
        for (; (word + 1) * WordBits <= count; word++)
            bits[word] &= ~Vector512.Equals(Vector512.Load(elements + (word * WordBits)), Vector512<byte>.Zero)
                .ExtractMostSignificantBits();
        for (int i = word * WordBits; i < count; i++)
        {
            if (elements[i] == 0)
                bits[word] &= ~(1UL << (i % WordBits));
        }
    }

    /// <summary>Sets the bits of elements that are equal to a value, and clears all others.</summary>
    internal static void SetEqual(ulong* bits, long* elements, int count, long value)
    {
        for (int word = 0; word < Words; word++)
            bits[word] = 0;
        Equal(bits, elements, count, value, sets: true);
    }

    /// <summary>Clears the bits of elements that are equal to a value.</summary>
    internal static void AndNot<T>(ulong* bits, T* elements, int count, T value)
        where T : unmanaged, INumber<T> =>
        Equal(bits, elements, count, value, sets: false);

    /// <summary>The range from the first to the last bit.</summary>
    internal static KeyRange Hull(ulong* bits)
    {
        int first = 0, last = Words - 1;
        while (first < Words && bits[first] == 0)
            first++;
        if (first == Words)
            return default;
        while (bits[last] == 0)
            last--;
        return new KeyRange(
            (first * WordBits) + BitOperations.TrailingZeroCount(bits[first]),
                ((last + 1) * WordBits) - BitOperations.LeadingZeroCount(bits[last]));
    }

    /// <summary>How many are set.</summary>
    internal static int Count(ulong* bits)
    {
        int count = 0;
        for (int word = 0; word < Words; word++)
            count += BitOperations.PopCount(bits[word]);
        return count;
    }

    /// <summary>The first run of set bits within a range, from a key on.</summary>
    /// <returns>Empty when there is none.</returns>
    internal static KeyRange NextRun(ulong* bits, int from, int end)
    {
        while (from < end && !IsSet(bits, from))
            from++;
        int runEnd = from;
        while (runEnd < end && IsSet(bits, runEnd))
            runEnd++;
        return new KeyRange(from, runEnd);
    }

    /// <summary>Whether a key's bit is set.</summary>
    internal static bool IsSet(ulong* bits, int key) => ((bits[key / WordBits] >> (key % WordBits)) & 1) != 0;

    private static ulong Within(int word, int start, int end)
    {
        int from = Math.Max(start - (word * WordBits), 0), to = Math.Min(end - (word * WordBits), WordBits);
        return to <= from ? 0 : (ulong.MaxValue >> (WordBits - (to - from))) << from;
    }

    /// <summary>Sets, or clears, the bits of elements that are equal to a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Equal<T>(ulong* bits, T* elements, int count, T value, bool sets)
        where T : unmanaged, INumber<T>
    {
        Vector512<T> sought = Vector512.Create(value);
        int lanes = Vector512<T>.Count, i = 0;
        for (; i + lanes <= count; i += lanes)
        {
            ulong equal = Vector512.Equals(Vector512.Load(elements + i), sought).ExtractMostSignificantBits() << (i % WordBits);
            bits[i / WordBits] = sets ? bits[i / WordBits] | equal : bits[i / WordBits] & ~equal;
        }

        for (; i < count; i++)
        {
            if (elements[i] != value)
                continue;
            ulong bit = 1UL << (i % WordBits);
            bits[i / WordBits] = sets ? bits[i / WordBits] | bit : bits[i / WordBits] & ~bit;
        }
    }
}
