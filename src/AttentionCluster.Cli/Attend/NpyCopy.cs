using AttentionCluster.Core.Formats;

namespace AttentionCluster.Cli.Attend;

/// <summary>Takes one tensor out of a file into an npy file of its own.</summary>
internal static class NpyCopy
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Writes <paramref name="path"/>, which must not exist.</summary>
    public static void Write(string path, TensorFile source, TensorEntry tensor, CancellationToken cancellationToken)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, ChunkBytes);
        file.Write(NpyHeader.Build(tensor.Type, tensor.Dimensions.AsSpan()));
        byte[] chunk = new byte[ChunkBytes];
        for (long done = 0; done < tensor.ByteLength; done += ChunkBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> part = chunk.AsSpan(0, (int)Math.Min(ChunkBytes, tensor.ByteLength - done));
            source.Read(tensor, done, part);
            file.Write(part);
        }
    }
}
