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

    /// <summary>Where the central directory starts.</summary>
    public static int DirectoryAt(byte[] archive) => archive.AsSpan().IndexOf(Encoding.ASCII.GetBytes("PK\x01\x02"));
}
