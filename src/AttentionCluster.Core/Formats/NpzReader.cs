using System.IO.Compression;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Formats;

/// <summary>
/// The npz format: a zip archive whose members <c>NAME.npy</c> are stored or deflated. Every member is extracted into
/// memory, for a deflated one can be read from its start alone. What the archive says of itself is a claim: no member
/// gets more memory than its compressed bytes can possibly unfold to.
/// </summary>
internal static class NpzReader
{
    private const string Suffix = ".npy";

    /// <summary>Deflate's densest code: 258 bytes from 2 bits, hence 1 032 bytes from one.</summary>
    private const long DeflateRatioMax = 1_032;

    private const int ChunkBytes = 1 << 20;

    /// <summary>The members by tensor name. The caller owns them.</summary>
    public static (TensorContents Contents, Dictionary<string, ByteSource> Members) Read(string path, long bytesMax)
    {
        Dictionary<string, ByteSource> members = [];
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            using ZipArchive archive = new(stream, ZipArchiveMode.Read);
            CheckClaims(archive, path, bytesMax);
            List<OtherTensorEntry> tensors = [];
            foreach (ZipArchiveEntry member in archive.Entries)
            {
                string name = member.FullName[..^Suffix.Length];
                MemoryBytes bytes = Extract(member, $"{path}/{member.FullName}");
                members.Add(name, bytes);
                tensors.Add(NpyReader.Read(bytes, name, onlyElementTypes: false));
            }

            return (TensorContents.Of(tensors), members);
        }
        catch (Exception error)
        {
            foreach (ByteSource bytes in members.Values)
                bytes.Dispose();
            if (IsOfArchive(error))
                throw new TensorFormatException(path, 0, $"a damaged zip archive ({error.Message})", "an archive as numpy.savez writes it", error);
            throw;
        }
    }

    private static void CheckClaims(ZipArchive archive, string path, long bytesMax)
    {
        TensorFormatException Wrong(string found, string wanted) => new(path, 0, found, wanted);

        if (archive.Entries.Count > FormatLimits.TensorCountMax)
            throw Wrong($"{archive.Entries.Count} members", $"at most {FormatLimits.TensorCountMax}");
        HashSet<string> names = [];
        long total = 0;
        foreach (ZipArchiveEntry member in archive.Entries)
        {
            string name = member.FullName;
            if (name.Length > FormatLimits.NameLengthMax)
                throw Wrong($"a name of {name.Length} characters", $"at most {FormatLimits.NameLengthMax}");
            if (!name.EndsWith(Suffix, StringComparison.Ordinal))
                throw Wrong($"the member '{name}'", $"names that end in {Suffix}");
            if (!names.Add(name))
                throw Wrong($"a second member '{name}'", "each name once");
            if (member.IsEncrypted)
                throw Wrong($"the encrypted member '{name}'", "members without a password");
            if (member.Length < 0 || member.Length > bytesMax - total)
                throw Wrong($"{member.Length} bytes in '{name}' after {total} bytes of others", $"at most {bytesMax} bytes together");
            if (member.CompressedLength < 0 || member.Length / DeflateRatioMax > member.CompressedLength)
                throw Wrong($"{member.CompressedLength} bytes that claim to unfold to {member.Length} in '{name}'", "an honest size");
            total += member.Length;
        }
    }

    private static MemoryBytes Extract(ZipArchiveEntry member, string path)
    {
        using Stream stream = member.Open();
        NativeBuffer buffer = new(member.Length);
        try
        {
            uint crc = 0;
            for (long done = 0; done < member.Length;)
            {
                int count = stream.Read(buffer.Slice(done, (int)Math.Min(ChunkBytes, member.Length - done)));
                if (count == 0)
                    throw new TensorFormatException(path, done, "the end of the member", $"{member.Length - done} more bytes");
                crc = Crc32.Append(crc, buffer.Slice(done, count));
                done += count;
            }

            if (stream.ReadByte() >= 0)
                throw new TensorFormatException(path, member.Length, "more bytes", "the end of the member, as the archive says");
            if (crc != member.Crc32)
                throw new TensorFormatException(path, 0, $"checksum {crc:x8}", $"{member.Crc32:x8}, as the archive says");
            return new MemoryBytes(path, buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>
    /// What System.IO.Compression throws over an archive that is none. Other failures of the disk, and a file that is not
    /// there, are IOExceptions of their own kind, and stay what they are.
    /// </summary>
    private static bool IsOfArchive(Exception error) =>
        error is InvalidDataException or EndOfStreamException or NotSupportedException or ArgumentException or OverflowException
        || error.GetType() == typeof(IOException) && error.InnerException is InvalidDataException;
}
