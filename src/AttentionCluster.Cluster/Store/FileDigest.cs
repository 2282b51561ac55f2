using System.Security.Cryptography;

namespace AttentionCluster.Cluster.Store;

/// <summary>The hash of a whole file.</summary>
internal static class FileDigest
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>SHA-256 in lower-case hexadecimal.</summary>
    /// <exception cref="IOException">The file can't be read.</exception>
    internal static string Sha256(string path, CancellationToken cancellationToken)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] chunk = new byte[ChunkBytes];
        for (int read; (read = file.Read(chunk)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(chunk, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
