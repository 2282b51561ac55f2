namespace AttentionCluster.Core.Formats;

/// <summary>
/// The checksum of zip members (ISO 3309, reflected polynomial 0xEDB88320). System.IO.Compression does not check it, and a
/// stored member has no other guard against a flipped bit.
/// </summary>
internal static class Crc32
{
    private static readonly uint[] _table = [.. Enumerable.Range(0, 256).Select(OfByte)];

    /// <summary>Continues a checksum; the first <paramref name="crc"/> is 0.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        foreach (byte next in bytes)
            crc = _table[(byte)(crc ^ next)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint OfByte(int value)
    {
        uint crc = (uint)value;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
        return crc;
    }
}
