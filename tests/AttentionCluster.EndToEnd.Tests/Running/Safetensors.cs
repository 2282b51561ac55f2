using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace AttentionCluster.EndToEnd.Tests.Running;

/// <summary>Safetensors files written and read without the code under test.</summary>
internal static class Safetensors
{
    /// <summary>A file of zeros with these tensors.</summary>
    public static byte[] Zeros(params (string Name, string Dtype, int ElementBytes, int[] Shape)[] tensors)
    {
        var header = new Dictionary<string, object>();
        int end = 0;
        foreach ((string name, string dtype, int elementBytes, int[] shape) in tensors)
        {
            int start = end;
            end += elementBytes * shape.Aggregate(1, (product, axis) => product * axis);
            header[name] = new Dictionary<string, object>
            {
                ["dtype"] = dtype,
                ["shape"] = shape,
                ["data_offsets"] = new[] { start, end },
            };
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        byte[] file = new byte[8 + json.Length + end];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        return file;
    }

    /// <summary>A file whose header says that it has <paramref name="headerBytes"/> bytes.</summary>
    public static byte[] WithHeaderLength(long headerBytes)
    {
        byte[] file = new byte[64];
        BinaryPrimitives.WriteInt64LittleEndian(file, headerBytes);
        Encoding.ASCII.GetBytes("{}", file.AsSpan(8));
        return file;
    }

    /// <summary>Where in a file the data of a tensor starts and ends.</summary>
    public static (long Start, long End) Locate(byte[] file, string tensor)
    {
        JsonElement offsets = Entry(file, tensor, out long dataAt).GetProperty("data_offsets");
        return (dataAt + offsets[0].GetInt64(), dataAt + offsets[1].GetInt64());
    }

    /// <summary>The axes of a tensor.</summary>
    public static int[] Shape(byte[] file, string tensor) =>
        [.. Entry(file, tensor, out _).GetProperty("shape").EnumerateArray().Select(axis => axis.GetInt32())];

    private static JsonElement Entry(byte[] file, string tensor, out long dataAt)
    {
        int headerBytes = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        dataAt = 8 + headerBytes;
        return JsonDocument.Parse(file.AsMemory(8, headerBytes)).RootElement.GetProperty(tensor);
    }
}
