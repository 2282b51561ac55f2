using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Formats;

/// <summary>Lays out a safetensors file to be written, maybe out of order and by several writers: pure.</summary>
internal static class SafetensorsHeader
{
    /// <summary>Bytes: the data starts at a multiple of it, for aligned loads from a mapped file.</summary>
    public const int Alignment = NativeBuffer.Alignment;

    /// <summary>
    /// The bytes before the data, and where each tensor goes: one after the other, in the given order. Give wide elements
    /// before narrow ones to keep each aligned to its own size.
    /// </summary>
    /// <remarks>
    /// The same tensors and metadata give the same bytes (metadata is sorted by key). The length of the header depends on
    /// the lengths of the metadata alone: a value that is known only when the data is written, such as a SHA-256, can be
    /// given as a placeholder of the same length, and the header built anew and written over the first one later.
    /// </remarks>
    /// <param name="tensors">Names, types and axes.</param>
    /// <param name="metadata">Texts to keep under <c>__metadata__</c>.</param>
    /// <exception cref="ArgumentException">A name is empty, too long, used twice, or reserved; a shape has a negative axis or
    /// overflows; or it all goes beyond <see cref="FormatLimits"/>.</exception>
    public static SafetensorsLayout Build(
        IReadOnlyList<(string Name, ElementType Type, long[] Dimensions)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        if (tensors.Count > FormatLimits.TensorCountMax)
            throw new ArgumentException($"{tensors.Count} tensors: at most {FormatLimits.TensorCountMax} fit a file", nameof(tensors));
        ImmutableArray<TensorEntry> relative = Place(tensors);
        ArrayBufferWriter<byte> json = WriteJson(relative, metadata);
        int dataAt = RoundUp(sizeof(ulong) + json.WrittenCount);
        if (dataAt - sizeof(ulong) > FormatLimits.SafetensorsHeaderBytesMax)
            throw new ArgumentException($"a header of {dataAt} bytes: at most {FormatLimits.SafetensorsHeaderBytesMax} fit a file",
                nameof(metadata));

        byte[] header = new byte[dataAt];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(dataAt - sizeof(ulong)));
        json.WrittenSpan.CopyTo(header.AsSpan(sizeof(ulong)));
        header.AsSpan(sizeof(ulong) + json.WrittenCount).Fill((byte)' ');
        ImmutableArray<TensorEntry> entries = [.. relative.Select(entry => entry with { ByteOffset = dataAt + entry.ByteOffset })];
        return new(header, entries, entries.IsEmpty ? dataAt : entries[^1].ByteOffset + entries[^1].ByteLength);
    }

    /// <summary>Offsets count from the data's start, as in the header.</summary>
    private static ImmutableArray<TensorEntry> Place(IReadOnlyList<(string Name, ElementType Type, long[] Dimensions)> tensors)
    {
        // So that the data's end stays countable once the header stands before it.
        const long dataBytesMax = long.MaxValue / 8;
        HashSet<string> names = [];
        ImmutableArray<TensorEntry>.Builder entries = ImmutableArray.CreateBuilder<TensorEntry>(tensors.Count);
        long end = 0;
        foreach ((string name, ElementType type, long[] dimensions) in tensors)
        {
            if (name.Length is 0 or > FormatLimits.NameLengthMax || name == SafetensorsHeaderParser.MetadataName || !names.Add(name))
                throw new ArgumentException($"the tensor name '{name}' is empty, too long, reserved or used twice", nameof(tensors));
            if (dimensions.Length > FormatLimits.RankMax
                || dimensions.Any(axis => axis < 0)
                || !Dtypes.TryGetByteLength(dimensions, 8 * type.ByteSize(), out long byteLength)
                || byteLength > dataBytesMax - end)
            {
                throw new ArgumentException($"tensor '{name}' cannot have the shape [{string.Join(", ", dimensions)}]", nameof(tensors));
            }

            entries.Add(new(name, type, [.. dimensions], end, byteLength));
            end += byteLength;
        }

        return entries.DrainToImmutable();
    }

    private static ArrayBufferWriter<byte> WriteJson(
        ImmutableArray<TensorEntry> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(buffer);
        json.WriteStartObject();
        if (metadata is { Count: > 0 })
        {
            json.WriteStartObject(SafetensorsHeaderParser.MetadataName);
            foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                json.WriteString(key, value);
            json.WriteEndObject();
        }

        foreach (TensorEntry tensor in tensors)
        {
            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", Dtypes.Name(tensor.Type));
            WriteNumbers(json, "shape", tensor.Dimensions.AsSpan());
            WriteNumbers(json, "data_offsets", [tensor.ByteOffset, tensor.ByteOffset + tensor.ByteLength]);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return buffer;
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (long number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }

    private static int RoundUp(int bytes) => checked(bytes + Alignment - 1) / Alignment * Alignment;
}
