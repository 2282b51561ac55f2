using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests;

/// <summary>Writes tensor files as a user would have them.</summary>
internal static class TensorFiles
{
    /// <summary>Standard normal numbers, rounded to the type, as the only tensor of a safetensors file.</summary>
    internal static TensorFile Write(string path, ElementType type, TensorShape shape, ulong seed)
    {
        float[] elements = new float[shape.ElementCount];
        StandardNormal.Fill(seed, "t", shape, 0, elements);
        return Write(path, type, shape, [.. elements.SelectMany(element => Bytes(element, type))]);
    }

    /// <summary>The given bytes as the only tensor of a safetensors file.</summary>
    internal static TensorFile Write(string path, ElementType type, TensorShape shape, byte[] data)
    {
        SafetensorsLayout layout = SafetensorsHeader.Build([("t", type, Array.ConvertAll(shape.ToDimensions(), axis => (long)axis))]);
        File.WriteAllBytes(path, [.. layout.Header, .. data]);
        return TensorFile.Open(path);
    }

    private static byte[] Bytes(float element, ElementType type) => type switch
    {
        ElementType.Float32 => BitConverter.GetBytes(element),
        ElementType.Float16 => BitConverter.GetBytes((Half)element),
        ElementType.BFloat16 => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(element) >> 16)),
        ElementType.Float64 => BitConverter.GetBytes((double)element),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
