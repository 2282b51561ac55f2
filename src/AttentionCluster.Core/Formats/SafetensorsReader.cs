using System.Buffers.Binary;

namespace AttentionCluster.Core.Formats;

/// <summary>
/// The safetensors format: header length (8 bytes, little endian), JSON header, data. The tensors cover the data without
/// hole or overlap, so that no byte of a file is outside of what its header says.
/// </summary>
internal static class SafetensorsReader
{
    private const int HeaderAt = sizeof(ulong);

    public static TensorContents Read(ByteSource bytes)
    {
        Span<byte> start = stackalloc byte[HeaderAt];
        bytes.Read(0, start);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (headerLength > FormatLimits.SafetensorsHeaderBytesMax)
        {
            throw new TensorFormatException(
                bytes.Path,
                0,
                $"the bytes {Convert.ToHexString(start)}",
                $"an npy file, a zip archive, or a safetensors header of at most {FormatLimits.SafetensorsHeaderBytesMax} bytes");
        }

        long rest = bytes.Length - HeaderAt;
        if (headerLength > (ulong)rest)
            throw new TensorFormatException(bytes.Path, 0, $"a header of {headerLength} bytes", $"at most {rest}: the file has no more");

        byte[] header = new byte[headerLength];
        bytes.Read(HeaderAt, header);
        SafetensorsHeaderParser parser = new(header, HeaderAt, bytes.Path);
        parser.Parse();
        long dataAt = HeaderAt + (long)headerLength;
        long covered = CheckCover(parser.Tensors, dataAt, bytes.Path, bytes.Length);
        if (covered < bytes.Length)
        {
            string last = parser.Tensors.Count == 0 ? "the header" : $"tensor '{parser.Tensors.MaxBy(tensor => tensor.ByteOffset)!.Name}'";
            throw new TensorFormatException(bytes.Path, covered, $"{bytes.Length - covered} more bytes",
                $"the end of the file after {last}");
        }

        return TensorContents.Of(parser.Tensors, parser.Metadata);
    }

    /// <summary>Whether the tensors lie side by side in a file of a length.</summary>
    /// <returns>Where the last of them ends.</returns>
    public static long CheckCover(List<OtherTensorEntry> tensors, long dataAt, string path, long fileLength)
    {
        long covered = dataAt;
        string before = "the header";
        foreach (OtherTensorEntry tensor in tensors.OrderBy(t => t.ByteOffset).ThenBy(t => t.ByteLength))
        {
            if (tensor.ByteOffset != covered)
            {
                string found = tensor.ByteOffset < covered ? "an overlap with" : "a hole after";
                throw new TensorFormatException(
                    path, tensor.ByteOffset, $"tensor '{tensor.Name}' with {found} {before}", $"its start at byte {covered}");
            }

            covered += tensor.ByteLength;
            before = $"tensor '{tensor.Name}'";
            if (covered > fileLength)
                throw new TensorFormatException(path, fileLength, "the end of the file", $"{covered - fileLength} more bytes of {before}");
        }

        return covered;
    }
}
