using static AttentionCluster.Core.Tests.Formats.SafetensorsBytes;

namespace AttentionCluster.Core.Tests.Formats;

/// <summary>The tensors of a file cover its data: each byte belongs to exactly one of them.</summary>
public class SafetensorsCoverTests
{
    [Theory]
    [InlineData(4, 8, 8, 12, 4, "tensor 'q' with a hole after the header", "its start at byte", true)]
    [InlineData(0, 4, 8, 12, 8, "tensor 'k' with a hole after tensor 'q'", "its start at byte", false)]
    [InlineData(0, 4, 2, 6, 2, "tensor 'k' with an overlap with tensor 'q'", "its start at byte", false)]
    [InlineData(0, 4, 0, 4, 0, "tensor 'k' with an overlap with tensor 'q'", "its start at byte", false)]
    public void Holes_and_overlaps_are_refused(
        int q, int qEnd, int k, int kEnd, int at, string found, string wanted, bool holeFirst)
    {
        string header = $"{{{Tensor("q", "F32", "1", q, qEnd)},{Tensor("k", "F32", "1", k, kEnd)}}}";
        int dataAt = 8 + header.Length;
        Refused.Because(Of(header, 12), dataAt + at, found, $"{wanted} {dataAt + (holeFirst ? 0 : qEnd)}");
    }

    [Fact]
    public void Missing_data_is_refused()
    {
        string header = $"{{{Tensor("q", "F32", "1", 0, 4)},{Tensor("k", "F32", "1", 4, 8)}}}";
        Refused.Because(Of(header, 6), 8 + header.Length + 6, "the end of the file", "2 more bytes of tensor 'k'");
    }

    [Fact]
    public void Bytes_after_the_last_tensor_are_refused()
    {
        string header = $"{{{Tensor("q", "F32", "1", 0, 4)}}}";
        Refused.Because(Of(header, 9), 8 + header.Length + 4, "5 more bytes", "the end of the file after tensor 'q'");
        Refused.Because(Of("{}", 1), 10, "1 more bytes", "the end of the file after the header");
    }
}
