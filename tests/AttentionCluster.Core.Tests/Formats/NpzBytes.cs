using System.IO.Compression;
using System.Text;

namespace AttentionCluster.Core.Tests.Formats;

/// <summary>Zip archives in memory, and the places in them that lie easily.</summary>
internal static class NpzBytes
{
    /// <summary>Offsets in an entry of the central directory.</summary>
    public const int CrcAt = 16;
    public const int CompressedLengthAt = 20;
    public const int LengthAt = 24;

    public static byte[] Of(CompressionLevel level, params (string Name, byte[] Bytes)[] members)
    {
        using MemoryStream stream = new();
        using (ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in members)
            {
                using Stream member = archive.CreateEntry(name, level).Open();
                member.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    /// <summary>The archive with one 32-bit field of its only member's directory entry replaced.</summary>
    public static byte[] Lying(byte[] archive, int fieldAt, uint value)
    {
        byte[] lying = [.. archive];
        BitConverter.GetBytes(value).CopyTo(lying, DirectoryAt(lying) + fieldAt);
        return lying;
    }

    /// <summary>
    /// The archive with the local header of its only member changed so that it gives the lengths in the 64-bit extra field, as NumPy writes
    /// every member; the central directory gives them in 32 bits.
    /// </summary>
    public static byte[] WithLongLocalHeader(byte[] archive)
    {
        const int LengthsAt = 18, NameLengthAt = 26, ExtraLengthAt = 28, NameAt = 30, ExtraBytes = 20, DirectoryOffsetInEnd = 16;
        int extraAt = NameAt + BitConverter.ToUInt16(archive, NameLengthAt) + BitConverter.ToUInt16(archive, ExtraLengthAt);
        byte[] extra = new byte[ExtraBytes];
        BitConverter.GetBytes((ushort)1).CopyTo(extra, 0);
        BitConverter.GetBytes((ushort)(ExtraBytes - 4)).CopyTo(extra, 2);
        BitConverter.GetBytes((ulong)BitConverter.ToUInt32(archive, LengthsAt + 4)).CopyTo(extra, 4);
        BitConverter.GetBytes((ulong)BitConverter.ToUInt32(archive, LengthsAt)).CopyTo(extra, 12);
        byte[] longer = [.. archive[..extraAt], .. extra, .. archive[extraAt..]];
        BitConverter.GetBytes(ulong.MaxValue).CopyTo(longer, LengthsAt);
        BitConverter.GetBytes((ushort)(BitConverter.ToUInt16(archive, ExtraLengthAt) + ExtraBytes)).CopyTo(longer, ExtraLengthAt);
        int endAt = longer.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes("PK\x05\x06"));
        BitConverter.GetBytes(DirectoryAt(longer)).CopyTo(longer, endAt + DirectoryOffsetInEnd);
        return longer;
    }

    /// <summary>Where the central directory starts.</summary>
    public static int DirectoryAt(byte[] archive) => archive.AsSpan().IndexOf(Encoding.ASCII.GetBytes("PK\x01\x02"));
}
