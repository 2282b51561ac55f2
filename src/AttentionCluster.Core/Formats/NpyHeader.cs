using System.Buffers.Binary;
using System.Text;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Formats;

/// <summary>Begins an npy file to be written: pure.</summary>
internal static class NpyHeader
{
    /// <summary>Bytes: the format asks for data at a multiple of it.</summary>
    public const int Alignment = 64;

    /// <summary>Magic, version and header length.</summary>
    private const int PrefixBytes = 10;

    /// <summary>The bytes before the data, version 1.0: the data follows in C order.</summary>
    /// <exception cref="ArgumentException">The type is bfloat16, which NumPy does not have; an axis is below 1; or there are too
    /// many.</exception>
    public static byte[] Build(ElementType type, ReadOnlySpan<long> dimensions)
    {
        string descr = type switch
        {
            ElementType.Float16 => "<f2",
            ElementType.Float32 => "<f4",
            ElementType.Float64 => "<f8",
            ElementType.Boolean => "|b1",
            ElementType.Int32 => "<i4",
            ElementType.Int64 => "<i8",
            _ => throw new ArgumentException($"{type} has no place in npy: write safetensors", nameof(type)),
        };
        if (dimensions.Length > FormatLimits.RankMax || dimensions.ContainsAnyInRange(long.MinValue, 0))
            throw new ArgumentException("every axis must have at least one element, and an array at most 64 axes", nameof(dimensions));

        // A tuple of one is written (3,): without its comma it would be a number.
        string shape = string.Join(", ", dimensions.ToArray()) + (dimensions.Length == 1 ? "," : "");
        string dictionary = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}";
        int dataAt = (PrefixBytes + dictionary.Length + 1 + Alignment - 1) / Alignment * Alignment;

        byte[] header = new byte[dataAt];
        NpyReader.Magic.CopyTo(header);
        header[NpyReader.Magic.Length] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(NpyReader.LengthAt), (ushort)(dataAt - PrefixBytes));
        header.AsSpan(PrefixBytes).Fill((byte)' ');
        Encoding.ASCII.GetBytes(dictionary, header.AsSpan(PrefixBytes));
        header[^1] = (byte)'\n';
        return header;
    }
}
