using System.Buffers.Binary;

namespace AttentionCluster.Core.Formats;

/// <summary>
/// A safetensors file of which only the beginning is there: what its header promises of the rest, which may still be on its way. The
/// tensors cover the data without hole or overlap.
/// </summary>
internal sealed class SafetensorsPrefix
{
    /// <summary>Bytes at the file's start that say how long its header is.</summary>
    public const int LengthBytes = sizeof(ulong);

    private readonly TensorContents _contents;

    private SafetensorsPrefix(TensorContents contents, long fileLength) => (_contents, FileLength) = (contents, fileLength);

    /// <summary>Bytes of the whole file.</summary>
    public long FileLength { get; }

    /// <summary>The tensors that a job can use, in the file's order: their types are <see cref="Tensors.ElementType"/>s.</summary>
    public IReadOnlyList<TensorEntry> Entries => _contents.Entries;

    /// <summary>Those of other types, in the file's order.</summary>
    public IReadOnlyList<OtherTensorEntry> OtherEntries => _contents.OtherEntries;

    /// <summary>Bytes of the header, which follows the first <see cref="LengthBytes"/>.</summary>
    /// <param name="start">These bytes.</param>
    /// <param name="path">What the file is called in messages.</param>
    /// <param name="headerBytesMax">The longest header that is accepted.</param>
    /// <exception cref="TensorFormatException">It is longer, or this is no safetensors file.</exception>
    public static int HeaderLength(ReadOnlySpan<byte> start, string path, int headerBytesMax)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        return length <= (ulong)headerBytesMax ? (int)length : throw new TensorFormatException(
            path, 0, $"the bytes {Convert.ToHexString(start)}", $"the length of a safetensors header of at most {headerBytesMax} bytes");
    }

    /// <summary>Reads the header.</summary>
    /// <param name="header">All of it.</param>
    /// <param name="path">What the file is called in messages.</param>
    /// <exception cref="TensorFormatException">It is broken, or goes beyond <see cref="FormatLimits"/>.</exception>
    public static SafetensorsPrefix Parse(ReadOnlySpan<byte> header, string path)
    {
        SafetensorsHeaderParser parser = new(header, LengthBytes, path);
        parser.Parse();
        long end = SafetensorsReader.CheckCover(parser.Tensors, LengthBytes + header.Length, path, long.MaxValue);
        return new SafetensorsPrefix(TensorContents.Of(parser.Tensors, parser.Metadata), end);
    }

    /// <summary>Reads the beginning of a file.</summary>
    /// <exception cref="TensorFormatException">It is broken, or goes beyond <see cref="FormatLimits"/>.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static SafetensorsPrefix Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] start = new byte[LengthBytes];
        if (file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length)
            throw new TensorFormatException(path, 0, "a shorter file", $"{start.Length} bytes that say how long the header is");
        byte[] header = new byte[HeaderLength(start, path, FormatLimits.SafetensorsHeaderBytesMax)];
        if (file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length)
            throw new TensorFormatException(path, LengthBytes, "a shorter file", $"a header of {header.Length} bytes");
        return Parse(header, path);
    }
}
