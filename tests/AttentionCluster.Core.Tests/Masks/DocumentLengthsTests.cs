using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Masks;

/// <summary>Documents by their lengths.</summary>
public sealed class DocumentLengthsTests
{
    public static TheoryData<long[], string> Wrong { get; } = new()
    {
        { [3, -1, 8], "q_document_lengths[0, 1] is -1; it must be from 0 to the 7 rows" },
        { [3, 8, 0], "q_document_lengths[0, 1] is 8; it must be from 0 to the 7 rows" },
        { [long.MaxValue, 1, 1], "from 0 to the 10 rows" },
        { [3, 3, 3], "q_document_lengths[0] adds up to 9 rows; the sequence has 10" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Lengths_that_are_not_those_of_the_sequence_are_refused_by_name(long[] lengths, string words)
    {
        Refusal? refusal = DocumentLengths.Check(Tensor(1, lengths.Length), lengths, 10);

        Assert.Equal("option-out-of-range", refusal!.Code.Name());
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_batch_entry_is_looked_at()
    {
        Assert.Null(DocumentLengths.Check(Tensor(2, 2), [10, 0, 4, 6], 10));
        Assert.Contains("[1] adds up to 9", DocumentLengths.Check(Tensor(2, 2), [10, 0, 4, 5], 10)!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_part_of_a_sequence_has_the_ids_of_its_rows()
    {
        long[] whole = [0, 0, 0, 2, 3, 3];
        for (int first = 0; first < whole.Length; first++)
        {
            for (int rows = 0; rows <= whole.Length - first; rows++)
            {
                long[] ids = new long[rows];
                DocumentLengths.Expand([3, 0, 1, 2], first, ids);
                Assert.Equal(whole[first..(first + rows)], ids);
            }
        }
    }

    private static AuxiliaryTensor Tensor(int batch, int documents) =>
        new("q_document_lengths", ElementType.Int64, new TensorShape(batch, 1, documents, 1));
}
