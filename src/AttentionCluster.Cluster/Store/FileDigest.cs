using System.IO.Hashing;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace AttentionCluster.Cluster.Store;

/// <summary>The hash of a whole file.</summary>
internal static class FileDigest
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>SHA-256 in lower-case hexadecimal.</summary>
    /// <exception cref="IOException">The file can't be read.</exception>
    internal static string Sha256(string path, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Read(path, chunk => hash.AppendData(chunk), cancellationToken);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The same of an open file, wherever it is read at the time.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    internal static string Sha256(SafeFileHandle file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] chunk = new byte[ChunkBytes];
        for (long offset = 0; RandomAccess.Read(file, chunk, offset) is > 0 and var read; offset += read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(chunk, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>XxHash128 in lower-case hexadecimal: it finds what disks do, some twenty times as fast.</summary>
    /// <exception cref="IOException">The file can't be read.</exception>
    internal static string Checksum(string path, CancellationToken cancellationToken)
    {
        var hash = new XxHash128();
        Read(path, chunk => hash.Append(chunk), cancellationToken);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private static void Read(string path, Action<ReadOnlySpan<byte>> append, CancellationToken cancellationToken)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        byte[] chunk = new byte[ChunkBytes];
        for (int read; (read = file.Read(chunk)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            append(chunk.AsSpan(0, read));
        }
    }
}
