using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Attention;

public sealed class AuxiliaryTensorCatalogTests
{
    /// <summary>Of 4 query heads over 2 KV heads, 7 rows and 9 keys.</summary>
    private static readonly AttentionShape s_shape = AttentionShape.Create(new(3, 4, 7, 8), new(3, 2, 9, 8), new(3, 2, 9, 8), out _)!;

    private static readonly AttentionOptions s_options = new() { MaskBlock = (2, 4) };

    [Fact]
    public void Every_role_has_a_tensor_and_companions_name_each_other()
    {
        Assert.Equal(Enum.GetValues<AuxiliaryRole>(), AuxiliaryTensorCatalog.All.Select(tensor => tensor.Role).Distinct().Order());
        Assert.All(
            AuxiliaryTensorCatalog.All.Where(tensor => tensor.Companion is not null),
            tensor => Assert.Equal(tensor.Name, AuxiliaryTensorCatalog.Find(tensor.Companion!)!.Companion));
    }

    /// <summary>The task of rows 2 to 4 and keys 5 to 7, with both query heads of a group.</summary>
    [Theory]
    [InlineData("mask", ElementType.Float32, new long[] { 3, 4, 7, 9 }, 2, 2, 3, 20, 12)]
    [InlineData("mask", ElementType.Boolean, new long[] { 3, 1, 1, 9 }, 1, 0, 1, 5, 3)]
    [InlineData("mask", ElementType.Float16, new long[] { 7, 1 }, 1, 2, 3, 0, 2)]
    [InlineData("block_mask", ElementType.Boolean, new long[] { 3, 4, 4, 3 }, 2, 1, 2, 1, 1)]
    [InlineData("block_mask", ElementType.Boolean, new long[] { 1, 3 }, 1, 0, 1, 1, 1)]
    [InlineData("q_documents", ElementType.Int64, new long[] { 3, 7 }, 1, 2, 3, 0, 0)]
    [InlineData("k_documents", ElementType.Int32, new long[] { 3, 9 }, 1, 5, 3, 0, 0)]
    [InlineData("q_document_lengths", ElementType.Int64, new long[] { 6 }, 1, 0, 6, 0, 0)]
    [InlineData("k_document_lengths", ElementType.Int64, new long[] { 3, 6 }, 1, 0, 6, 0, 0)]
    public void A_task_pulls_the_part_of_its_rows_and_keys(
        string name, ElementType type, long[] axes, int heads, int firstRow, int rows, int firstByte, int byteCount)
    {
        AuxiliaryTensor tensor = Read(name, type, axes, out _)!;
        var slice = new AuxiliarySlice(AuxiliaryLayout.Of([tensor]), 2, 2, 3, 5, 3, s_options.MaskBlock);

        Assert.Equal(new TensorPart(heads, firstRow, rows, firstByte, byteCount), slice.PartOf(tensor));
    }

    [Theory]
    [InlineData("mask", ElementType.Int32, new long[] { 7, 9 }, "wrong-type", "wanted Boolean, Float32, Float16, BFloat16, Float64")]
    [InlineData("mask", ElementType.Boolean, new long[] { 7, 8 }, "wrong-shape",
        "wanted one that broadcasts to [B, Hq, Nq, Nk] = [3, 4, 7, 9]")]
    [InlineData("block_mask", ElementType.Boolean, new long[] { 7, 9 }, "wrong-shape",
        "[B, Hq, ceil(Nq / rows), ceil(Nk / keys)] = [3, 4, 4, 3]")]
    [InlineData("alibi_slopes", ElementType.Float32, new long[] { 2 }, "wrong-shape", "wanted [Hq] = [4]")]
    [InlineData("sink_logits", ElementType.Boolean, new long[] { 4 }, "wrong-type", "wanted Float32, Float16, BFloat16, Float64")]
    [InlineData("q_documents", ElementType.Int64, new long[] { 7 }, "wrong-shape", "wanted [B, Nq] = [3, 7]")]
    [InlineData("k_documents", ElementType.Float32, new long[] { 3, 9 }, "wrong-type", "wanted Int64, Int32")]
    [InlineData("kv_lengths", ElementType.Int64, new long[] { 1 }, "wrong-shape", "wanted [B] = [3]")]
    public void Other_types_and_axes_are_refused_with_what_is_wanted(string name, ElementType type, long[] axes, string code, string words)
    {
        Assert.Null(Read(name, type, axes, out Refusal? refusal));
        Assert.Equal(code, refusal!.Code.Name());
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    private static AuxiliaryTensor? Read(string name, ElementType type, long[] axes, out Refusal? refusal) =>
        AuxiliaryTensorCatalog.Find(name)!.Read(new TensorEntry(name, type, [.. axes], 0, 0), s_shape, s_options, "file", out refusal);
}
