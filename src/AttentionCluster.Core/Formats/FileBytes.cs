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

    public override bool IsShortened => RandomAccess.GetLength(_handle) < Length;

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

    public override void Dispose() => _handle.Dispose();
}
