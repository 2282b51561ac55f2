using Microsoft.Win32.SafeHandles;

namespace AttentionCluster.Core.Formats;

/// <summary>A file on disk, read by position: no seek, hence no lock between readers.</summary>
internal sealed class FileBytes : ByteSource
{
    private readonly SafeFileHandle _handle;

    private FileBytes(string path, SafeFileHandle handle, long length)
        : base(path, length) => _handle = handle;

    public static FileBytes Open(string path)
    {
        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            return new FileBytes(path, handle, RandomAccess.GetLength(handle));
        }
        catch (NotSupportedException cause)
        {
            handle.Dispose();
            throw new TensorFormatException(path, 0, "a pipe or a device", "a file that can be read at any offset", cause);
        }
    }

    public override void Read(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(_handle, destination, offset);
            if (count == 0)
                throw EndsEarly(offset, destination.Length);
            offset += count;
            destination = destination[count..];
        }
    }

    public override TensorView View(long offset, long byteLength)
    {
        if (byteLength < FormatLimits.MappedBytesMin)
            return TensorView.Copy(this, offset, byteLength);

        // Touching a mapped page beyond the end of a file kills the process, so what is known now is said now.
        long lengthNow = RandomAccess.GetLength(_handle);
        if (lengthNow < offset + byteLength)
            throw EndsEarly(lengthNow, offset + byteLength - lengthNow);
        return TensorView.Map(_handle, offset, byteLength);
    }

    public override void Dispose() => _handle.Dispose();
}
