namespace AttentionCluster.Core.Formats;

/// <summary>Bytes that can be read at any offset, from several threads at once: a file, or an extracted archive member.</summary>
internal abstract class ByteSource(string path, long length) : IDisposable
{
    /// <summary>For messages.</summary>
    public string Path { get; } = path;

    /// <summary>Bytes when it was opened.</summary>
    public long Length { get; } = length;

    /// <summary>Fills <paramref name="destination"/>.</summary>
    /// <exception cref="TensorFormatException">The source ends before that.</exception>
    public abstract void Read(long offset, Span<byte> destination);

    /// <summary>Whether it has become shorter since it was opened.</summary>
    public abstract bool IsShortened { get; }

    public abstract void Dispose();

    protected TensorFormatException EndsEarly(long offset, long missing) =>
        new(Path, offset, "the end of the file", $"{missing} more bytes");
}
