using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Formats;

/// <summary>What the beginning of a file promises of the rest.</summary>
public class SafetensorsPrefixTests
{
    [Fact]
    public void A_header_promises_the_tensors_and_the_length_of_the_file()
    {
        SafetensorsLayout layout = SafetensorsHeader.Build([("q", ElementType.Float32, [2, 3]), ("k", ElementType.BFloat16, [5])]);

        int length = SafetensorsPrefix.HeaderLength(layout.Header.AsSpan(0, 8), "body", 1000);
        SafetensorsPrefix file = SafetensorsPrefix.Parse(layout.Header.AsSpan(8), "body");

        Assert.Equal(layout.Header.Length - 8, length);
        Assert.Equal(layout.FileLength, file.FileLength);
        Assert.Equal(layout.Entries.Select(Text), file.Entries.Select(Text));
    }

    [Theory]
    [InlineData(1001)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void A_header_longer_than_the_reader_takes_is_refused(long length)
    {
        var problem = Assert.Throws<TensorFormatException>(() =>
            SafetensorsPrefix.HeaderLength(BitConverter.GetBytes(length), "body", 1000));

        Assert.Contains("at most 1000 bytes", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"q":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "a hole after the header")]
    [InlineData("""{"q":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"k":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", "an overlap with tensor 'q'")]
    [InlineData("""{"q":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "tensor 'q' of F32 [2]")]
    [InlineData("""[]""", "'['")]
    public void A_header_that_no_file_can_keep_is_refused(string header, string found)
    {
        var problem = Assert.Throws<TensorFormatException>(() =>
            SafetensorsPrefix.Parse(System.Text.Encoding.UTF8.GetBytes(header), "body"));

        Assert.Contains(found, problem.Message, StringComparison.Ordinal);
    }

    private static string Text(TensorEntry entry) =>
        $"{entry.Name} {entry.Type} [{string.Join(',', entry.Dimensions)}] {entry.ByteOffset} {entry.ByteLength}";
}
