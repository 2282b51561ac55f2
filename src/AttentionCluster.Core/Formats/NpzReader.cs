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
    /// <param name="path">The archive.</param>
    /// <param name="bytesMax">What they may take together.</param>
    /// <param name="names">The names that are wanted, or null for all; others are listed, and nothing is asked of them.</param>
    public static (TensorContents Contents, Dictionary<string, ByteSource> Members, List<string> Unread) Read(string path, long bytesMax,
        IReadOnlyCollection<string>? names)
    {
        Dictionary<string, ByteSource> members = [];
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            using ZipArchive archive = new(stream, ZipArchiveMode.Read);
            List<ZipArchiveEntry> wanted = Choose(archive, path, names, out List<string> unread);
            CheckClaims(wanted, path, bytesMax);
            List<OtherTensorEntry> tensors = [];
            foreach (ZipArchiveEntry member in wanted)
            {
                string name = NameOf(member);
                ByteSource bytes = members[name] = Extract(member, $"{path}/{member.FullName}");
                (OtherTensorEntry tensor, bool isFortran) = NpyReader.Read(bytes, name, onlyElementTypes: false);
                if (isFortran)
                {
                    using ByteSource asWritten = bytes;
                    members[name] = FortranOrder.ToC(asWritten, tensor, bytesMax);
                    tensor = tensor with { ByteOffset = 0 };
                }

                tensors.Add(tensor);
            }

            return (TensorContents.Of(tensors), members, unread);
        }
        catch (Exception error)
        {
            foreach (ByteSource bytes in members.Values)
                bytes.Dispose();
            if (IsOfArchive(error))
                throw new TensorFormatException(path, 0, $"a damaged zip archive ({error.Message})", "an archive as numpy.savez writes it",
                    error);
            throw;
        }
    }

    private static string NameOf(ZipArchiveEntry member) =>
        member.FullName.EndsWith(Suffix, StringComparison.Ordinal) ? member.FullName[..^Suffix.Length] : member.FullName;

    private static List<ZipArchiveEntry> Choose(ZipArchive archive, string path, IReadOnlyCollection<string>? names,
        out List<string> unread)
    {
        if (archive.Entries.Count > FormatLimits.TensorCountMax)
            throw new TensorFormatException(path, 0, $"{archive.Entries.Count} members", $"at most {FormatLimits.TensorCountMax}");
        bool IsWanted(ZipArchiveEntry member) =>
            names is null || archive.Entries.Count == 1
                || (member.FullName.EndsWith(Suffix, StringComparison.Ordinal) && names.Contains(NameOf(member)));
        unread = [.. archive.Entries.Where(member => !IsWanted(member)).Select(member => Cut(NameOf(member)))];
        return [.. archive.Entries.Where(IsWanted)];
    }

    private static string Cut(string name) => name.Length <= FormatLimits.NameLengthMax ? name : $"{name[..FormatLimits.NameLengthMax]}...";

    private static void CheckClaims(List<ZipArchiveEntry> wanted, string path, long bytesMax)
    {
        TensorFormatException Wrong(string found, string wanted) => new(path, 0, found, wanted);

        HashSet<string> names = [];
        long total = 0;
        foreach (ZipArchiveEntry member in wanted)
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
