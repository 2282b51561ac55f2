using System.Buffers.Binary;
using System.Text;

namespace AttentionCluster.EndToEnd.Tests.Running;

/// <summary>Bytes of npy and safetensors files, right or wrong, written without the code under test.</summary>
internal static class Npy
{
    /// <summary>An npy file, version 1.0, of zeros: as many bytes as are asked for, whatever the header says.</summary>
    /// <param name="shape">The axes as Python writes them, such as <c>(2, 3)</c>.</param>
    /// <param name="dataBytes">Bytes of data that follow the header.</param>
    /// <param name="descr">The type.</param>
    /// <param name="fortranOrder">Whether the header says Fortran order.</param>
    public static byte[] File(string shape, int dataBytes, string descr = "<f4", bool fortranOrder = false)
    {
        string header = $"{{'descr': '{descr}', 'fortran_order': {(fortranOrder ? "True" : "False")}, 'shape': {shape}, }}";
        header = header.PadRight(((header.Length + 10 + 64) / 64 * 64) - 11) + "\n";
        byte[] file = new byte[10 + header.Length + dataBytes];
        file[0] = 0x93;
        "NUMPY\u0001\u0000"u8.CopyTo(file.AsSpan(1));
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), (ushort)header.Length);
        Encoding.ASCII.GetBytes(header, file.AsSpan(10));
        return file;
    }

    /// <summary>An npy file of float32 zeros.</summary>
    public static byte[] Zeros(params int[] shape) =>
        File($"({string.Join(", ", shape)},)", sizeof(float) * shape.Aggregate(1, (product, axis) => product * axis));
}
