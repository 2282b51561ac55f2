using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Formats;

/// <summary>
/// The bytes of one tensor of an open file, read by position, from several threads at once. They are read and never mapped: when somebody
/// else makes a mapped file shorter, the operating system ends the process that touches a lost page, and all of its jobs with it. A read
/// that finds the file too short is an exception, which costs one job.
/// </summary>
internal sealed class TensorBytes
{
    /// <summary>The largest piece of one read.</summary>
    private const int ReadBytesMax = 1 << 30;

    private readonly ByteSource _source;
    private readonly long _offset;

    internal TensorBytes(ByteSource source, long offset, long byteLength) => (_source, _offset, ByteLength) = (source, offset, byteLength);

    /// <summary>How many there are.</summary>
    public long ByteLength { get; }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="byteOffset"/> on.</summary>
    /// <exception cref="TensorFormatException">The file has become shorter since it was opened.</exception>
    public void Read(long byteOffset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, ByteLength - byteOffset, nameof(destination));
        _source.Read(_offset + byteOffset, destination);
    }

    /// <summary>A copy of all of them, which the caller frees: for tensors that are known to be small.</summary>
    /// <exception cref="TensorFormatException">The file has become shorter since it was opened.</exception>
    public NativeBuffer ToNative()
    {
        var copy = new NativeBuffer(ByteLength);
        try
        {
            for (long done = 0; done < ByteLength; done += ReadBytesMax)
                Read(done, copy.Slice(done, (int)Math.Min(ReadBytesMax, ByteLength - done)));
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }
}
