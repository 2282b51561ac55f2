using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Formats;

/// <summary>The hash that a report and a result file give of a tensor.</summary>
internal static class TensorDigest
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>
    /// SHA-256 of the tensor's elements as little-endian float32, in lower-case hexadecimal: of the bytes as they stand in the file, but
    /// that elements of 16 bits are widened, which is exact.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is no floating-point one.</exception>
    /// <exception cref="IOException">The file can't be read, or has become shorter.</exception>
    public static string Sha256(TensorFile file, TensorEntry tensor, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] chunk = new byte[ChunkBytes];
        float[] widened = tensor.Type == ElementType.Float32 ? [] : new float[ChunkBytes / tensor.Type.ByteSize()];
        for (long done = 0; done < tensor.ByteLength; done += ChunkBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> part = chunk.AsSpan(0, (int)Math.Min(ChunkBytes, tensor.ByteLength - done));
            file.Read(tensor, done, part);
            if (tensor.Type == ElementType.Float32)
            {
                hash.AppendData(part);
                continue;
            }

            Span<float> elements = widened.AsSpan(0, part.Length / tensor.Type.ByteSize());
            tensor.Type.ToSingle(part, elements);
            hash.AppendData(MemoryMarshal.AsBytes(elements));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
