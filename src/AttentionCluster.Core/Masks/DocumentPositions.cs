using System.Globalization;
namespace AttentionCluster.Core.Masks;

/// <summary>
/// Where the rows of packed documents stand among the keys when positions are aligned to the bottom right: row <c>i</c> of a document with
/// <c>r</c> rows and
/// <c>n</c> keys stands at the document's key <c>i + n - r</c>, whatever its neighbours have.
/// </summary>
/// <remarks>
/// Positions are numbers of keys of the whole sequence, so that distances, windows and causality count as they do without documents. A
/// document that is not one run has a position for its rows only when it has as many keys: row <c>i</c> then stands at its <c>i</c>-th key.
/// </remarks>
internal static unsafe class DocumentPositions
{
    /// <summary>Bytes that sorting takes for each row and each key where documents don't ascend.</summary>
    internal const int SortingBytes = sizeof(long) + sizeof(int);

    /// <summary>Finds the positions of a batch entry.</summary>
    /// <param name="rowDocuments">The document of each row.</param>
    /// <param name="keyDocuments">The document of each key that is no padding.</param>
    /// <param name="elsewhere">The offset of rows whose document has no key: they see nothing, wherever they stand.</param>
    /// <param name="batch">The batch entry, for the reason.</param>
    /// <param name="positions">One for each row.</param>
    /// <returns>Why there are none; null when there are.</returns>
    internal static Refusal? Find(ReadOnlySpan<long> rowDocuments, ReadOnlySpan<long> keyDocuments, long elsewhere, int batch,
        Span<long> positions)
    {
        // Self-attention, in whatever order its documents are.
        if (rowDocuments.SequenceEqual(keyDocuments))
        {
            for (int row = 0; row < positions.Length; row++)
                positions[row] = row;
            return null;
        }

        var rows = new Sorted(rowDocuments);
        var keys = new Sorted(keyDocuments);
        for (int row = 0, key = 0, endRow; row < rows.Count; row = endRow)
        {
            endRow = rows.EndOf(row);
            long document = rows.Document(row);
            while (key < keys.Count && keys.Document(key) < document)
                key = keys.EndOf(key);
            bool hasKeys = key < keys.Count && keys.Document(key) == document;
            int endKey = hasKeys ? keys.EndOf(key) : key, count = endRow - row, shift = endKey - key - count;
            bool areRuns = rows.IsRun(row, endRow) && keys.IsRun(key, endKey);
            if (hasKeys && !areRuns && shift != 0)
            {
                return new Refusal(ErrorCode.DocumentsNotRuns, string.Create(CultureInfo.InvariantCulture,
                    $"document {document} of batch entry {batch} has {count} rows and {endKey - key} keys, and "
                        + $"{(rows.IsRun(row, endRow) ? "its keys are" : "its rows are")} not one run: where they stand at the bottom "
                        + $"right has no meaning; give offset, or align top-left, or bring each document together"));
            }

            for (int i = 0; i < count; i++)
            {
                int at = rows.Index(row + i);
                positions[at] = !hasKeys ? at + elsewhere : areRuns ? (long)keys.Index(key) + i + shift : keys.Index(key + i);
            }
        }

        return null;
    }

    /// <summary>Rows, or keys, by document and then by number: as they are, where documents ascend.</summary>
    private readonly ref struct Sorted
    {
        private readonly ReadOnlySpan<long> _documents;
        private readonly int[]? _index;

        internal Sorted(ReadOnlySpan<long> documents)
        {
            _documents = documents;
            if (IsAscending(documents))
                return;
            long[] sorted = documents.ToArray();
            _index = [.. Enumerable.Range(0, sorted.Length)];
            Array.Sort(sorted, _index);
            _documents = sorted;
            for (int start = 0, end; start < sorted.Length; start = end)
            {
                end = EndOf(start);
                Array.Sort(_index, start, end - start);
            }
        }

        internal int Count => _documents.Length;

        internal long Document(int at) => _documents[at];

        internal int Index(int at) => _index is null ? at : _index[at];

        internal int EndOf(int start)
        {
            int same = _documents[start..].IndexOfAnyExcept(_documents[start]);
            return same < 0 ? Count : start + same;
        }

        internal bool IsRun(int start, int end) => end <= start || Index(end - 1) - Index(start) == end - 1 - start;

        private static bool IsAscending(ReadOnlySpan<long> documents)
        {
            for (int i = 1; i < documents.Length; i++)
            {
                if (documents[i] < documents[i - 1])
                    return false;
            }

            return true;
        }
    }
}
