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

    /// <summary>A range as one pointer. The range lies within <see cref="Length"/>.</summary>
    public abstract TensorView View(long offset, long byteLength);

    public abstract void Dispose();

    protected TensorFormatException EndsEarly(long offset, long missing) =>
        new(Path, offset, "the end of the file", $"{missing} more bytes");
}
