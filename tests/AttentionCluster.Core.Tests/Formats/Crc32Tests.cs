using System.Text;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Core.Tests.Formats;

public sealed class Crc32Tests
{
    /// <summary>The check value of the catalogue of CRC algorithms (CRC-32/ISO-HDLC) and others that are published.</summary>
    [Theory]
    [InlineData("", 0x00000000u)]
    [InlineData("a", 0xE8B7BE43u)]
    [InlineData("123456789", 0xCBF43926u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414FA339u)]
    public void Known_bytes_have_the_known_checksum(string text, uint checksum) =>
        Assert.Equal(checksum, Crc32.Append(0, Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Every_length_cut_anywhere_has_the_remainder_of_the_division_by_the_polynomial()
    {
        byte[] bytes = new byte[64];
        new Random(1).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            uint expected = Divide(bytes.AsSpan(0, length));
            for (int cut = 0; cut <= length; cut++)
                Assert.Equal(expected, Crc32.Append(Crc32.Append(0, bytes.AsSpan(0, cut)), bytes.AsSpan(cut, length - cut)));
        }
    }

    private static uint Divide(ReadOnlySpan<byte> bytes)
    {
        uint remainder = uint.MaxValue;
        foreach (byte next in bytes)
        {
            remainder ^= next;
            for (int bit = 0; bit < 8; bit++)
                remainder = (remainder & 1) == 0 ? remainder >> 1 : (remainder >> 1) ^ 0xEDB88320;
        }

        return ~remainder;
    }
}
