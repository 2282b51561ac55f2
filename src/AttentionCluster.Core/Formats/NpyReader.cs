using System.Buffers.Binary;

namespace AttentionCluster.Core.Formats;

/// <summary>
/// The npy format, versions 1 to 3: magic, version, header length, header, data.
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
/// </summary>
internal static class NpyReader
{
    /// <summary>The offset of the header's length.</summary>
    public const int LengthAt = 8;

    /// <summary>What attention computes with; the hint is for the type that NumPy itself does not have.</summary>
    private const string WantedFloats = "little-endian '<f4', '<f2' or '<f8' (bfloat16 travels in safetensors)";

    private const string WantedTypes = WantedFloats + ", or beside q, k and v '|b1', '<i4' or '<i8'";

    /// <summary>The first byte is no ASCII, so that no text file starts like this.</summary>
    public static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>The one tensor of the file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What to call the tensor: the file does not say.</param>
    /// <param name="onlyElementTypes">Whether types that are no <see cref="Tensors.ElementType"/> are refused: alone in a file they are of
    /// no use.</param>
    /// <returns>The tensor, and whether its elements are in Fortran order and not in C order as well; see
    /// <see cref="FortranOrder"/>.</returns>
    public static (OtherTensorEntry Tensor, bool IsFortran) Read(ByteSource bytes, string name, bool onlyElementTypes)
    {
        (NpyDictionary header, long dataAt) = ReadHeader(bytes);
        TensorFormatException Wrong(long at, string found, string wanted) => new(bytes.Path, at, found, wanted);

        if (!Dtypes.TryFromNpy(header.Descr, out string dtype)
            || (onlyElementTypes && !Dtypes.TryGetElementType(dtype, out _)))
        {
            string order = header.Descr.StartsWith('>') && Dtypes.TryFromNpy(header.Descr[1..], out _) ? " (big endian)" : "";
            throw Wrong(header.DescrAt, $"type '{header.Descr}'{order}", WantedTypes);
        }

        string shape = $"shape ({string.Join(", ", header.Shape)})";
        if (header.Shape.Contains(0))
            throw Wrong(header.ShapeAt, shape, "at least one element along every axis");
        _ = Dtypes.TryGetBits(dtype, out int bits);
        if (!Dtypes.TryGetByteLength(header.Shape.AsSpan(), bits, out long byteLength))
            throw Wrong(header.ShapeAt, shape, $"data of at most {long.MaxValue / 8} bytes");

        long rest = bytes.Length - dataAt;
        if (rest < byteLength)
            throw Wrong(bytes.Length, "the end of the file", $"{byteLength - rest} more bytes: {shape} of '{header.Descr}'");
        if (rest > byteLength)
            throw Wrong(dataAt + byteLength, $"{rest - byteLength} more bytes", "the end of the file");
        return (new OtherTensorEntry(name, dtype, header.Shape, dataAt, byteLength), header.FortranOrder
            && header.Shape.Count(axis => axis > 1) > 1);
    }

    /// <summary>Why a file whose header was read without fault is no Q, K or V.</summary>
    public static TensorFormatException NoFloats(ByteSource bytes)
    {
        NpyDictionary header = ReadHeader(bytes).Header;
        return new TensorFormatException(bytes.Path, header.DescrAt, $"type '{header.Descr}'", WantedFloats);
    }

    private static (NpyDictionary Header, long DataAt) ReadHeader(ByteSource bytes)
    {
        Span<byte> start = stackalloc byte[LengthAt];
        bytes.Read(0, start);
        if (!start.StartsWith(Magic))
            throw new TensorFormatException(bytes.Path, 0, Convert.ToHexString(start), "the npy magic");
        if (start[6] is < 1 or > 3 || start[7] != 0)
            throw new TensorFormatException(bytes.Path, 6, $"npy version {start[6]}.{start[7]}", "version 1.0, 2.0 or 3.0");

        Span<byte> length = stackalloc byte[start[6] == 1 ? sizeof(ushort) : sizeof(uint)];
        bytes.Read(LengthAt, length);
        uint headerLength = start[6] == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(length)
            : BinaryPrimitives.ReadUInt32LittleEndian(length);
        int headerAt = LengthAt + length.Length;
        long most = Math.Min(bytes.Length - headerAt, FormatLimits.NpyHeaderBytesMax);
        if (headerLength > most)
        {
            string limit = most < FormatLimits.NpyHeaderBytesMax ? "the file has no more" : "the limit";
            throw new TensorFormatException(
                bytes.Path, LengthAt, $"a header of {headerLength} bytes", $"at most {most}: {limit}");
        }

        byte[] header = new byte[headerLength];
        bytes.Read(headerAt, header);
        return (NpyDictionary.Parse(header, headerAt, bytes.Path), headerAt + headerLength);
    }
}
