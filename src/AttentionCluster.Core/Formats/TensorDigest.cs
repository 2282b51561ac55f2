using System.Security.Cryptography;

namespace AttentionCluster.Core.Formats;

/// <summary>The hash that a report and a result file give of a tensor.</summary>
public static class TensorDigest
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>SHA-256 of the tensor's bytes as they stand in the file, in lower-case hexadecimal.</summary>
    /// <exception cref="IOException">The file can't be read, or has become shorter.</exception>
    public static string Sha256(TensorFile file, TensorEntry tensor, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] chunk = new byte[ChunkBytes];
        for (long done = 0; done < tensor.ByteLength; done += ChunkBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> part = chunk.AsSpan(0, (int)Math.Min(ChunkBytes, tensor.ByteLength - done));
            file.Read(tensor, done, part);
            hash.AppendData(part);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
