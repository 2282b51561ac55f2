using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Masks;

/// <summary>Documents that follow one another, given by their lengths: the id of one is its position.</summary>
internal static class DocumentLengths
{
    /// <summary>Whether the lengths of each batch entry are those of a sequence.</summary>
    /// <param name="tensor">The lengths' tensor, <c>[B or 1, 1, D, 1]</c>.</param>
    /// <param name="lengths">Its numbers.</param>
    /// <param name="total">Rows of the sequence.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    internal static Refusal? Check(AuxiliaryTensor tensor, ReadOnlySpan<long> lengths, long total)
    {
        for (int batch = 0; batch < tensor.Shape.Batch; batch++)
        {
            long left = total;
            for (int document = 0; document < tensor.Shape.Rows; document++)
            {
                long length = lengths[(batch * tensor.Shape.Rows) + document];
                if (length < 0 || length > left)
                    return new Refusal(ErrorCode.OptionOutOfRange, $"{tensor.Name}[{batch}, {document}] is {length}; it must be from 0 to "
                        + $"the {left} rows that those before it leave of {total}");
                left -= length;
            }

            if (left > 0)
                return new Refusal(ErrorCode.OptionOutOfRange,
                    $"{tensor.Name}[{batch}] adds up to {total - left} rows; the sequence has {total}");
        }

        return null;
    }

    /// <summary>Writes the ids of a part of a sequence.</summary>
    /// <param name="lengths">Lengths of its documents, which cover the part.</param>
    /// <param name="first">The part's first row.</param>
    /// <param name="ids">One for each row of the part.</param>
    internal static void Expand(ReadOnlySpan<long> lengths, long first, Span<long> ids)
    {
        long end = 0;
        for (int document = 0; document < lengths.Length && ids.Length > 0; document++)
        {
            end += lengths[document];
            int rows = (int)Math.Clamp(end - first, 0, ids.Length);
            ids[..rows].Fill(document);
            ids = ids[rows..];
            first += rows;
        }
    }
}
