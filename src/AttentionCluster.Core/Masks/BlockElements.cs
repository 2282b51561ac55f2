namespace AttentionCluster.Core.Masks;

/// <summary>Elements of a block mask: each says whether a block of rows sees a block of keys.</summary>
/// <param name="elements">Booleans; the first one is of the block with the first row and the first key.</param>
/// <param name="rows">Rows of a block; at least 1.</param>
/// <param name="keys">Keys of a block; at least 1.</param>
/// <param name="firstRow">The number of the first row.</param>
/// <param name="firstKey">The number of the first key.</param>
internal readonly unsafe struct BlockElements(MaskElements elements, int rows, int keys, int firstRow, int firstKey)
{
    /// <summary>Whether there is no block mask.</summary>
    public bool IsAbsent => elements.IsAbsent;

    /// <summary>Whether a row sees a key, both counted from the first one.</summary>
    public bool IsVisible(int head, int row, int key) => elements.IsVisible(head, BlockOfRow(row), BlockOfKey(key));

    /// <summary>Clears the bits of keys that a row does not see.</summary>
    internal void Hide(ulong* bits, int head, int row, int key, int count)
    {
        for (int at = 0; at < count;)
        {
            // Up to the end of the block of keys.
            int end = (int)Math.Min(count, at + keys - (((long)firstKey + key + at) % keys));
            if (!IsVisible(head, row, key + at))
                KeyBits.ClearRange(bits, at, end);
            at = end;
        }
    }

    private long BlockOfRow(int row) => (((long)firstRow + row) / rows) - (firstRow / rows);

    private long BlockOfKey(int key) => (((long)firstKey + key) / keys) - (firstKey / keys);
}
