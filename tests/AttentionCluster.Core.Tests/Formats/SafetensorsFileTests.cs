using System.Buffers.Binary;
using System.Text;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using static AttentionCluster.Core.Tests.Formats.SafetensorsBytes;

namespace AttentionCluster.Core.Tests.Formats;

public class SafetensorsFileTests
{
    [Fact]
    public void Tensors_metadata_and_offsets_are_read()
    {
        string header = $$"""
            { {{Tensor("k", "BF16", "2,2", 8, 16)}}, "__metadata__": {"made by": "h\u00e4nd"},
              {{Tensor("q", "F16", "4", 0, 8)}}, {{Tensor("s", "F64", "", 16, 24)}}, {{Tensor("none", "F32", "0,3", 24, 24)}} }
            """;
        using TemporaryFile bytes = new(Of(header, 24));
        using TensorFile file = TensorFile.Open(bytes.Path);

        int dataAt = 8 + Encoding.UTF8.GetByteCount(header);
        Assert.Equal(FileFormat.Safetensors, file.Format);
        Assert.Equal("händ", Assert.Single(file.Metadata, pair => pair.Key == "made by").Value);
        Assert.Equal(["k", "q", "s", "none"], file.Entries.Select(entry => entry.Name));
        Assert.Equal([ElementType.BFloat16, ElementType.Float16, ElementType.Float64, ElementType.Float32],
            file.Entries.Select(e => e.Type));
        Assert.Equal([dataAt + 8, dataAt, dataAt + 16, dataAt + 24], file.Entries.Select(entry => (int)entry.ByteOffset));
        Assert.Equal([2L, 2L], file.Find("k")!.Dimensions.AsEnumerable());
        Assert.Empty(file.Find("s")!.Dimensions);
    }

    [Fact]
    public void Other_types_of_the_format_are_kept_apart_and_readable()
    {
        string[] bytewise = ["U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ"];
        string[] wider = ["I16", "U16", "U32", "U64", "C64"];
        int[] widths = [2, 2, 4, 8, 8];
        List<string> tensors = [.. bytewise.Select((dtype, i) => Tensor(dtype, dtype, "1", i, i + 1))];
        int end = bytewise.Length;
        for (int i = 0; i < wider.Length; end += widths[i++])
            tensors.Add(Tensor(wider[i], wider[i], "1", end, end + widths[i]));
        tensors.Add(Tensor("F4", "F4", "3,2", end, end + 3));

        using TemporaryFile bytes = new(Of($"{{{string.Join(',', tensors)}}}", end + 3));
        using TensorFile file = TensorFile.Open(bytes.Path);

        Assert.Empty(file.Entries);
        Assert.Equal([.. bytewise, .. wider, "F4"], file.OtherEntries.Select(other => other.Dtype));
        byte[] flag = new byte[1];
        file.Read(file.OtherEntries[3], 0, flag);
        Assert.Equal(4, flag[0]);
    }

    [Theory]
    [InlineData("BOOL", ElementType.Boolean, 1)]
    [InlineData("I32", ElementType.Int32, 4)]
    [InlineData("I64", ElementType.Int64, 8)]
    public void Tensors_beside_q_k_and_v_may_be_booleans_and_integers(string dtype, ElementType type, int byteSize)
    {
        using TemporaryFile bytes = new(Of($"{{{Tensor("mask", dtype, "2", 0, 2 * byteSize)}}}", 2 * byteSize));
        using TensorFile file = TensorFile.Open(bytes.Path);
        TensorEntry mask = Assert.Single(file.Entries);
        Assert.Equal((type, byteSize, false), (mask.Type, type.ByteSize(), type.IsFloatingPoint()));
        Assert.Same(mask, file.Find("mask"));
    }

    [Fact]
    public void An_empty_file_of_tensors_is_read()
    {
        using TemporaryFile bytes = new(Of("{}", 0));
        using TensorFile file = TensorFile.Open(bytes.Path);
        Assert.Empty(file.Entries);
    }

    [Fact]
    public void A_header_longer_than_the_file_is_refused()
    {
        byte[] bytes = Of("{}", 5);
        bytes[0] = 8;
        Refused.Because(bytes, 0, "a header of 8 bytes", "at most 7: the file has no more");
    }

    [Fact]
    public void A_header_over_the_limit_is_refused()
    {
        byte[] bytes = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, 100_000_001);
        Refused.Because(bytes, 0, "the bytes 01E1F50500000000", "a safetensors header of at most 100000000 bytes");
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, ulong.MaxValue);
        Refused.Because(bytes, 0, "the bytes FFFFFFFFFFFFFFFF", "an npy file, a zip archive, or");
    }

    [Fact]
    public void A_file_shorter_than_a_header_length_is_refused() =>
        Refused.Because([1, 0, 0], 3, "the end of the file", "5 more bytes");

    [Theory]
    [InlineData(4, "tensor 'q' of F99 [1]", "data_offsets in their order", "F99", "1", 4, 0)]
    [InlineData(4, "tensor 'q' of F32 [1] at data_offsets [0, 3]", "4 bytes between them", "F32", "1", 0, 3)]
    [InlineData(4, "tensor 'q' of F32 [1] at data_offsets [4, 0]", "4 bytes between them", "F32", "1", 4, 0)]
    [InlineData(4, "tensor 'q' of F32 [] at data_offsets [0, 8]", "4 bytes between them", "F32", "", 0, 8)]
    [InlineData(4, "at data_offsets [9223372036854775803, 9223372036854775807]", "4 bytes between them", "F32", "1", long.MaxValue - 4,
        long.MaxValue)]
    [InlineData(4, "tensor 'q' of F32 [4294967296, 4294967296]", "whole bytes, and at most", "F32", "4294967296,4294967296", 0, 0)]
    [InlineData(4, "tensor 'q' of F4 [3]", "whole bytes, and at most", "F4", "3", 0, 2)]
    public void A_tensor_that_does_not_fit_its_offsets_is_refused(
        int dataBytes, string found, string wanted, string dtype, string shape, long begin, long end)
    {
        string header = $"{{{Tensor("q", dtype, shape, begin, end)}}}";
        Refused.Because(Of(header, dataBytes), 8 + header.Length - 2, found, wanted);
    }

    [Fact]
    public void A_type_of_a_later_version_is_in_nobodys_way_and_refused_where_it_is_wanted()
    {
        using TemporaryFile bytes = new(Of($"{{{Tensor("x", "F99", "3", 0, 5)},{Tensor("q", "F32", "1", 5, 9)}}}", 9));
        using TensorFile file = TensorFile.Open(bytes.Path);

        Assert.Equal("q", file.Require("q").Name);
        Assert.Equal(("F99", 5L), (file.OtherEntries[0].Dtype, file.OtherEntries[0].ByteLength));
        Assert.Contains("'x' of type F99", Assert.Throws<TensorFormatException>(() => file.Require("x")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1,-1", "'-' (Number)")]
    [InlineData("1.0", "'1' (Number)")]
    [InlineData("1e3", "'1' (Number)")]
    [InlineData("9223372036854775808", "'9' (Number)")]
    [InlineData("\\\"1\\\"", "no valid JSON")]
    [InlineData("null", "'n' (Null)")]
    public void A_shape_that_is_no_list_of_whole_numbers_is_refused(string shape, string found)
    {
        string header = $"{{{Tensor("q", "F32", shape, 0, 4)}}}";
        int at = header.IndexOf('[', StringComparison.Ordinal) + 1 + (shape.StartsWith("1,", StringComparison.Ordinal) ? 2 : 0);
        Refused.Because(Of(header, 4), 8 + at, found, shape[0] == '\\' ? "a JSON object" : "a whole number from 0");
    }
}
