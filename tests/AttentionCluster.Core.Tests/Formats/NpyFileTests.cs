using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using static AttentionCluster.Core.Tests.Formats.NpyBytes;

namespace AttentionCluster.Core.Tests.Formats;

public class NpyFileTests
{
    [Theory]
    [InlineData(1, 70)]
    [InlineData(2, 72)]
    [InlineData(3, 72)]
    public void Every_version_is_read(byte version, long dataAt)
    {
        using TemporaryFile bytes = new(Of(TwoByThree, 24, version), "queries.npy");
        using TensorFile file = TensorFile.Open(bytes.Path);

        TensorEntry entry = Assert.Single(file.Entries);
        Assert.Equal(FileFormat.Npy, file.Format);
        Assert.Equal(("queries", ElementType.Float32, dataAt, 24L), (entry.Name, entry.Type, entry.ByteOffset, entry.ByteLength));
        Assert.Equal([2L, 3L], entry.Dimensions.AsEnumerable());
        byte[] data = new byte[24];
        file.Read(entry, 0, data);
        Assert.Equal(Data(24), data);
        Assert.Empty(file.OtherEntries);
        Assert.Empty(file.Metadata);
    }

    [Theory]
    [InlineData("{'shape':(2,3),'fortran_order':False,'descr':'<f4'}")]
    [InlineData("  {  \"descr\"  :  \"<f4\"  ,  'shape'  :  (  2  ,  3  ,  )  ,  'fortran_order'  :  False  ,  }    ")]
    [InlineData("{u'descr': u'<f4', u'fortran_order': False, u'shape': (2L, 3L)}")]
    [InlineData("{'descr':\n'<f4',\n'fortran_order': False,\n'shape': (2, 3)}\n\n")]
    public void Keys_quotes_spaces_and_commas_are_free(string dictionary)
    {
        using TemporaryFile bytes = new(Of(dictionary, 24));
        using TensorFile file = TensorFile.Open(bytes.Path);
        Assert.Equal([2L, 3L], file.Entries[0].Dimensions.AsEnumerable());
    }

    [Theory]
    [InlineData("<f2", "(4,)", 8, ElementType.Float16)]
    [InlineData("<f8", "()", 8, ElementType.Float64)]
    [InlineData("<f4", "(1, 1, 1, 1, 2)", 8, ElementType.Float32)]
    [InlineData("|b1", "(2, 4)", 8, ElementType.Boolean)]
    [InlineData("<i4", "(2,)", 8, ElementType.Int32)]
    [InlineData("<i8", "()", 8, ElementType.Int64)]
    [InlineData("=f4", "(1, 2)", 8, ElementType.Float32)]
    [InlineData("|f4", "(2,)", 8, ElementType.Float32)]
    [InlineData("f8", "(1,)", 8, ElementType.Float64)]
    [InlineData("<b1", "(8,)", 8, ElementType.Boolean)]
    [InlineData(">b1", "(8,)", 8, ElementType.Boolean)]
    [InlineData("=b1", "(8,)", 8, ElementType.Boolean)]
    [InlineData("?", "(8,)", 8, ElementType.Boolean)]
    [InlineData("<f4", "(1L, 2L)", 8, ElementType.Float32)]
    [InlineData("<f4", "(2L,\t)", 8, ElementType.Float32)]
    public void Each_type_and_any_rank_is_read(string descr, string shape, int dataBytes, ElementType type)
    {
        using TemporaryFile bytes = new(Of($"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}}}", dataBytes));
        using TensorFile file = TensorFile.Open(bytes.Path);
        Assert.Equal((type, (long)dataBytes), (file.Entries[0].Type, file.Entries[0].ByteLength));
    }

    [Theory]
    [InlineData(">f4", "'>f4' (big endian)")]
    [InlineData(">x4", "'>x4'")]
    [InlineData("", "''")]
    [InlineData("<c8", "'<c8'")]
    [InlineData("<i2", "'<i2'")]
    [InlineData("|u1", "'|u1'")]
    [InlineData("<V2", "'<V2'")]
    public void A_type_that_no_job_can_use_is_refused(string descr, string found) =>
        Refused.Because(Of(TwoByThree.Replace("<f4", descr, StringComparison.Ordinal), 24), 20, found, "'<f4', '<f2' or '<f8'");

    [Theory]
    [InlineData("|b1", 6)]
    [InlineData("<i4", 24)]
    [InlineData("<i8", 48)]
    public void Booleans_and_integers_are_no_q_k_or_v(string descr, int dataBytes)
    {
        using TemporaryFile bytes = new(Of(TwoByThree.Replace("<f4", descr, StringComparison.Ordinal), dataBytes), "q.npy");
        using TensorFile file = TensorFile.Open(bytes.Path);
        Assert.Equal(dataBytes, file.Find("q")!.ByteLength);
        TensorFormatException refusal = Assert.Throws<TensorFormatException>(() => file.Require("q"));
        Assert.EndsWith($"at byte 20: found type '{descr}'; wanted little-endian '<f4', '<f2' or '<f8' (bfloat16 travels in safetensors)",
            refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_axis_without_elements_is_refused() =>
        Refused.Because(Of(TwoByThree.Replace("(2, 3)", "(0, 3)", StringComparison.Ordinal), 0), 60, "shape (0, 3)",
            "at least one element");

    [Theory]
    [InlineData("(4294967296, 4294967296)")]
    [InlineData("(9223372036854775807,)")]
    public void A_shape_that_overflows_is_refused(string shape) =>
        Refused.Because(Of(TwoByThree.Replace("(2, 3)", shape, StringComparison.Ordinal), 24), 60,
            $"shape {shape.Replace(",)", ")", StringComparison.Ordinal)}", "at most");

    [Fact]
    public void Missing_data_is_refused() =>
        Refused.Because(Of(TwoByThree, 23), 70 + 23, "the end of the file", "1 more bytes: shape (2, 3) of '<f4'");

    [Fact]
    public void Bytes_after_the_data_are_refused() =>
        Refused.Because(Of(TwoByThree, 25), 70 + 24, "1 more bytes", "the end of the file");

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Another_version_is_refused(byte version) =>
        Refused.Because([.. Magic, version, 0, 0, 0, 0, 0], 6, $"version {version}.0", "version 1.0, 2.0 or 3.0");

    [Fact]
    public void A_file_that_ends_before_its_header_length_is_refused() =>
        Refused.Because([.. Magic, 1, 0, 70], 9, "the end of the file", "1 more bytes");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_header_longer_than_the_file_is_refused(byte version)
    {
        byte[] bytes = Of(TwoByThree, 24, version);
        int most = bytes.Length - (version == 1 ? 10 : 12);
        bytes[9] = 0x7f;
        Refused.Because(bytes, 8, "a header of 32572 bytes", $"at most {most}: the file has no more");
    }

    [Fact]
    public void A_header_over_the_limit_is_refused() =>
        Refused.Because(Of(TwoByThree + new string(' ', 70_000), 24, version: 2), 8, "bytes", "at most 65535: the limit");
}
