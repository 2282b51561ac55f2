using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Kernels;

namespace AttentionCluster.Core.Tests.Masks;

/// <summary>Row i of a document with r rows and n keys stands at its key i + n - r.</summary>
public sealed class DocumentPositionsTests
{
    /// <summary>Rows, keys, positions.</summary>
    public static TheoryData<long[], long[], long[]> Packed { get; } = new()
    {
        // One row of a document with five keys, and all rows of one with two: positions 4, and 5 and 6.
        { [1, 2, 2], [1, 1, 1, 1, 1, 2, 2], [4, 5, 6] },

        // More rows than keys: the first stand before the document's first key.
        { [1, 2, 2, 2], [1, 1, 2], [1, 0, 1, 2] },

        // Documents need not ascend, nor come in one order.
        { [9, 9, 3], [3, 3, 3, 9, 9, 9], [4, 5, 2] },

        // No key: wherever rows without documents would stand.
        { [5, 1], [1, 1, 1], [1, 2] },

        // Not one run, with as many rows as keys: row i at key i of its document.
        { [1, 2, 1, 2], [1, 1, 2, 2, 3], [0, 2, 1, 3] },

        // Self-attention.
        { [1, 2, 1, 3], [1, 2, 1, 3], [0, 1, 2, 3] },
    };

    [Theory]
    [MemberData(nameof(Packed))]
    public void Rows_stand_where_their_own_documents_say(long[] rows, long[] keys, long[] positions)
    {
        long[] found = new long[rows.Length];

        Assert.Null(DocumentPositions.Find(rows, keys, keys.Length - rows.Length, 0, found));

        Assert.Equal(positions, found);
    }

    [Theory]
    [InlineData(new long[] { 1, 2, 1 }, new long[] { 1, 2 },
        "document 1 of batch entry 3 has 2 rows and 1 keys, and its rows are not one run")]
    [InlineData(new long[] { 7 }, new long[] { 7, 8, 7 },
        "document 7 of batch entry 3 has 1 rows and 2 keys, and its keys are not one run")]
    public void A_document_that_is_no_run_and_has_other_numbers_of_rows_and_keys_has_no_positions(long[] rows, long[] keys, string words)
    {
        Refusal? refusal = DocumentPositions.Find(rows, keys, 0, 3, new long[rows.Length]);

        Assert.Equal("documents-not-runs", refusal!.Code.Name());
        Assert.StartsWith(words, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("offset", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Such_documents_are_refused_only_where_a_position_matters()
    {
        Assert.Equal("documents-not-runs", Open(new() { Causal = true }));
        Assert.Equal("documents-not-runs", Open(new() { Window = (0, -1) }));
        Assert.Null(Open(new()));
        Assert.Null(Open(new() { Causal = true, Align = CausalAlignment.TopLeft }));
        Assert.Null(Open(new() { Causal = true, Offset = 1 }));
    }

    [Theory]
    [InlineData(3, null)]
    [InlineData(1 << 20, null)]
    [InlineData((1 << 20) + 1, "wrong-shape")]
    public void There_may_be_more_documents_than_rows(int documents, string? code)
    {
        AttentionShape shape =
            AttentionShape.Create(new TensorShape(1, 1, 2, 1), new TensorShape(1, 1, 2, 1), new TensorShape(1, 1, 2, 1), out _)!;
        TensorEntry[] entries =
            [.. from name in (string[])["q_document_lengths", "k_document_lengths"] select new TensorEntry(name, ElementType.Int64,
            [documents], 0, 8L * documents)];

        AuxiliaryLayout.Create(entries, shape, new(), "test", out Refusal? refusal);

        Assert.Equal(code, refusal?.Code.Name());
    }

    private static string? Open(AttentionOptions options)
    {
        AttentionShape shape =
            AttentionShape.Create(new TensorShape(1, 1, 1, 1), new TensorShape(1, 1, 3, 1), new TensorShape(1, 1, 3, 1), out _)!;
        try
        {
            using AuxiliaryProblem auxiliary = AuxiliaryProblem.Of(
                shape, options, ("q_documents", ElementType.Int64, [1, 1], [7]), ("k_documents", ElementType.Int64, [1, 3], [7, 8, 7]));
            return null;
        }
        catch (InvalidOperationException refused)
        {
            return refused.Message.Contains("not one run", StringComparison.Ordinal) ? ErrorCode.DocumentsNotRuns.Name() : refused.Message;
        }
    }
}
