using System.Buffers.Binary;
using System.Text;

namespace AttentionCluster.Core.Tests.Formats;

/// <summary>npy files put together by hand, right or wrong.</summary>
internal static class NpyBytes
{
    public const string TwoByThree = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";

    /// <summary>Where the dictionary starts in version 1.</summary>
    public const int DictionaryAt = 10;

    public static byte[] Magic => [0x93, .. "NUMPY"u8];

    public static byte[] Of(string dictionary, int dataBytes, byte version = 1)
    {
        byte[] text = Encoding.Latin1.GetBytes(dictionary + "\n");
        byte[] length = new byte[version == 1 ? 2 : 4];
        if (version == 1)
            BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)text.Length);
        else
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        return [.. Magic, version, 0, .. length, .. text, .. Data(dataBytes)];
    }

    /// <summary>1, 2, 3, ... as bytes.</summary>
    public static byte[] Data(int bytes) => [.. Enumerable.Range(1, bytes).Select(i => (byte)i)];
}
