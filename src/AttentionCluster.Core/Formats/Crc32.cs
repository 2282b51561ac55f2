using System.Buffers.Binary;

namespace AttentionCluster.Core.Formats;

/// <summary>
/// The checksum of zip members (ISO 3309, reflected polynomial 0xEDB88320). System.IO.Compression does not check it, and a
/// stored member has no other guard against a flipped bit.
/// </summary>
/// <remarks>
/// Slicing by 8 (Kounavis and Berry, 2005): 1.3 GB/s of a core where one byte a step makes 0.38, and inflating makes 0.31.
/// System.IO.Hashing makes 11, but this project depends on the base library and System.Numerics.Tensors alone.
/// </remarks>
internal static class Crc32
{
    private const int BytesPerStep = sizeof(ulong);
    private const int ByteValues = 256;

    /// <summary>At <c>256 n + b</c>: the remainder of the byte <c>b</c> with <c>n</c> zero bytes behind it.</summary>
    private static readonly uint[] s_remainders = Remainders();

    /// <summary>Continues a checksum; the first <paramref name="crc"/> is 0.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<uint> remainders = s_remainders;
        crc = ~crc;
        for (; bytes.Length >= BytesPerStep; bytes = bytes[BytesPerStep..])
        {
            ulong next = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ crc;
            crc = remainders[(7 * ByteValues) + (byte)next]
                ^ remainders[(6 * ByteValues) + (byte)(next >> 8)]
                ^ remainders[(5 * ByteValues) + (byte)(next >> 16)]
                ^ remainders[(4 * ByteValues) + (byte)(next >> 24)]
                ^ remainders[(3 * ByteValues) + (byte)(next >> 32)]
                ^ remainders[(2 * ByteValues) + (byte)(next >> 40)]
                ^ remainders[ByteValues + (byte)(next >> 48)]
                ^ remainders[(byte)(next >> 56)];
        }

        foreach (byte next in bytes)
            crc = remainders[(byte)(crc ^ next)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[] Remainders()
    {
        uint[] remainders = new uint[BytesPerStep * ByteValues];
        for (int value = 0; value < ByteValues; value++)
            remainders[value] = OfByte(value);
        for (int at = ByteValues; at < remainders.Length; at++)
            remainders[at] = remainders[(byte)remainders[at - ByteValues]] ^ (remainders[at - ByteValues] >> 8);
        return remainders;
    }

    private static uint OfByte(int value)
    {
        uint crc = (uint)value;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
        return crc;
    }
}
