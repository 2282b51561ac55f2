using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// What the rows of one tile see of its keys where that is no single range that follows from their numbers: for each row the range from the
/// first to the last visible key, and a bit for each key.
/// </summary>
/// <param name="memory">64-byte aligned, <see cref="ByteLength"/> bytes.</param>
internal readonly unsafe struct TileVisibility(byte* memory)
{
    /// <summary>Bytes that it takes.</summary>
    internal const int ByteLength = TileGeometry.Rows * ((KeyBits.Words * sizeof(ulong)) + (2 * sizeof(int)) + 1);

    /// <summary>The bits of each row, valid where it has holes.</summary>
    private ulong* AllBits => (ulong*)memory;

    /// <summary>From the first to the last visible key of each row, counted from the tile's first key.</summary>
    internal KeyRange* Seen => (KeyRange*)(memory + (TileGeometry.Rows * KeyBits.Words * sizeof(ulong)));

    private bool* Holes => (bool*)(Seen + TileGeometry.Rows);

    /// <summary>The bits of a row.</summary>
    internal ulong* Bits(int row) => AllBits + (row * KeyBits.Words);

    /// <summary>Whether a row does not see some key of its range.</summary>
    internal bool HasHoles(int row) => Holes[row];

    /// <summary>Whether a row sees a key of its range.</summary>
    internal bool Sees(int row, int key) => !HasHoles(row) || KeyBits.IsSet(Bits(row), key);

    /// <summary>Keys that a row sees.</summary>
    internal int CountOf(int row) => HasHoles(row) ? KeyBits.Count(Bits(row)) : Seen[row].Count;

    /// <summary>Looks at rows of one head.</summary>
    /// <param name="mask">What they see.</param>
    /// <param name="head">The head, within its group.</param>
    /// <param name="firstRow">The number of the mask's first row.</param>
    /// <param name="row">The first row to look at, counted from it.</param>
    /// <param name="rows">How many.</param>
    /// <param name="firstKey">The number of the mask's first key.</param>
    /// <param name="key">The tile's first key, counted from it.</param>
    /// <param name="keys">Keys of the tile.</param>
    /// <param name="slot">Where the first row's findings go.</param>
    /// <returns>Whether a key is visible to one of them.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal bool Evaluate(in TaskMask mask, int head, int firstRow, int row, int rows, int firstKey, int key, int keys, int slot)
    {
        bool hasPattern = mask.HasPattern, isAnySeen = false;
        if (mask.RowDocuments != null && !MayShareDocuments(mask.RowDocuments + row, rows, mask.KeyDocuments + key, keys))
        {
            new Span<KeyRange>(Seen + slot, rows).Clear();
            new Span<bool>(Holes + slot, rows).Clear();
            return false;
        }

        ulong* document = stackalloc ulong[KeyBits.Words];
        long? documentOfBits = null;
        for (int r = 0; r < rows; r++)
        {
            KeyRange band = InTile(mask.BandOf(firstRow, row + r), firstKey + (long)key, keys);
            KeyRange sinks = InTile(mask.SinksOf(firstRow, row + r), firstKey + (long)key, keys);
            KeyRange hull = sinks.IsEmpty ? band : band.IsEmpty ? sinks
                : new KeyRange(Math.Min(sinks.Start, band.Start), Math.Max(sinks.End, band.End));
            bool hasGap = !sinks.IsEmpty && !band.IsEmpty && (sinks.End < band.Start || band.End < sinks.Start);
            bool hasHoles = hasGap || (hasPattern && !hull.IsEmpty);
            if (hasHoles)
            {
                ulong* bits = Bits(slot + r);
                new Span<ulong>(bits, KeyBits.Words).Clear();
                KeyBits.SetRange(bits, band.Start, band.End);
                KeyBits.SetRange(bits, sinks.Start, sinks.End);
                if (mask.RowDocuments != null)
                {
                    // Neighbours mostly belong to the same document.
                    if (documentOfBits != mask.RowDocuments[row + r])
                        KeyBits.SetEqual(document, mask.KeyDocuments + key, keys, (documentOfBits = mask.RowDocuments[row + r]).Value);
                    KeyBits.And(bits, document);
                }

                if (!mask.Elements.IsAbsent)
                    mask.Elements.Hide(bits, head, row + r, key, keys);
                if (!mask.Blocks.IsAbsent)
                    mask.Blocks.Hide(bits, head, row + r, key, keys);
                hull = KeyBits.Hull(bits);
                hasHoles = KeyBits.Count(bits) < hull.Count;
            }

            Seen[slot + r] = hull;
            Holes[slot + r] = hasHoles;
            isAnySeen |= !hull.IsEmpty;
        }

        return isAnySeen;
    }

    /// <summary>Makes the scores of keys that a row does not see -infinity, within whole vectors of its range.</summary>
    internal void Hide(float* scores, int row, KeyRange whole)
    {
        ulong* bits = Bits(row);
        Vector512<uint> lanes = Vector512.Create(1u, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        for (int key = whole.Start; key < whole.End; key += 16)
        {
            uint seen = (uint)(bits[key / 64] >> (key % 64)) & 0xFFFF;
            if (seen == 0xFFFF)
                continue;
            Vector512<uint> isHidden = Vector512.Equals(Vector512.Create(seen) & lanes, Vector512<uint>.Zero);
            Vector512.ConditionalSelect(isHidden.AsSingle(), Vector512.Create(float.NegativeInfinity), Vector512.Load(scores + key))
                .Store(scores + key);
        }
    }

    /// <summary>
    /// A word with a bit for each of 64 keys that one of some rows sees; <paramref name="word"/> counts the tile's words.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal ulong WordOf(int row, int endRow, int word)
    {
        ulong seen = 0;
        for (; row < endRow; row++)
        {
            if (HasHoles(row))
                seen |= Bits(row)[word];
            else if (Seen[row].Start < (word + 1) * 64 && Seen[row].End > word * 64)
                return ulong.MaxValue;
        }

        return seen;
    }

    /// <summary>
    /// Cuts whole words of keys that none of some rows sees from both ends of a range. Their weights are zero, at the ends of a chain of
    /// sums, so this changes no bit.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal (int Start, int Count) WithoutHiddenEnds(int row, int endRow, int start, int count)
    {
        int end = start + count;
        while (start < end && WordOf(row, endRow, start / 64) == 0)
            start = Math.Min(end, (start / 64 * 64) + 64);
        while (end > start && WordOf(row, endRow, (end - 1) / 64) == 0)
            end = Math.Max(start, (end - 1) / 64 * 64);
        return (start, end - start);
    }

    private static KeyRange InTile(KeyRange keys, long firstKey, int count) =>
        new((int)Math.Clamp(keys.Start - firstKey, 0, count), (int)Math.Clamp(keys.End - firstKey, 0, count));

    /// <summary>Whether the ranges of document numbers overlap: they mostly ascend, so most tiles are found empty by this.</summary>
    private static bool MayShareDocuments(long* rowDocuments, int rows, long* keyDocuments, int keys)
    {
        (long firstOfRows, long lastOfRows) = Range(rowDocuments, rows);
        (long firstOfKeys, long lastOfKeys) = Range(keyDocuments, keys);
        return firstOfRows <= lastOfKeys && firstOfKeys <= lastOfRows;
    }

    private static (long First, long Last) Range(long* documents, int count)
    {
        Vector512<long> first = Vector512.Create(documents[0]), last = first;
        int i = 0;
        for (; i + Vector512<long>.Count <= count; i += Vector512<long>.Count)
        {
            first = Vector512.Min(first, Vector512.Load(documents + i));
            last = Vector512.Max(last, Vector512.Load(documents + i));
        }

        (long lowest, long highest) = (documents[0], documents[0]);
        for (int lane = 0; lane < Vector512<long>.Count; lane++)
            (lowest, highest) = (Math.Min(lowest, first[lane]), Math.Max(highest, last[lane]));
        for (; i < count; i++)
            (lowest, highest) = (Math.Min(lowest, documents[i]), Math.Max(highest, documents[i]));
        return (lowest, highest);
    }
}
