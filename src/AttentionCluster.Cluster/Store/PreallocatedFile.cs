using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AttentionCluster.Cluster.Store;

/// <summary>A file of known length whose parts are written in any order, by any thread.</summary>
internal sealed class PreallocatedFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    /// <summary>Creates the file and takes its room on the disk.</summary>
    /// <exception cref="IOException">The file exists, the disk has no room, or the path can't be written.</exception>
    /// <remarks>
    /// The room is looked at first: a file system that is asked for more than it has may hand out all that is left before it says no,
    /// and for that moment nobody else can write.
    /// </remarks>
    public PreallocatedFile(string path, long length)
    {
        DiskSpace.Require(path, length);
        _handle = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, FileOptions.None, preallocationSize: length);
        try
        {
            RandomAccess.SetLength(_handle, length);
        }
        catch
        {
            // What is left would be in the way of the next attempt.
            _handle.Dispose();
            File.Delete(path);
            throw;
        }
    }

    private PreallocatedFile(SafeFileHandle handle) => _handle = handle;

    /// <summary>Opens such a file again.</summary>
    /// <exception cref="IOException">It is not there, or can't be written.</exception>
    public static PreallocatedFile Reopen(string path) => new(File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read));

    /// <summary>Bytes of the file.</summary>
    public long Length => RandomAccess.GetLength(_handle);

    /// <summary>Reads bytes at an offset.</summary>
    /// <returns>Bytes that were read: fewer only at the end of the file.</returns>
    public int Read(long offset, Span<byte> destination)
    {
        int read = 0;
        for (int count; read < destination.Length && (count = RandomAccess.Read(_handle, destination[read..], offset + read)) > 0;)
            read += count;
        return read;
    }

    /// <summary>Writes bytes at an offset.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_handle, bytes, offset);

    /// <summary>Writes bytes that lie in several places, one after the other, at an offset.</summary>
    public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> parts) => RandomAccess.Write(_handle, parts, offset);

    /// <summary>Writes floats, little endian, at a byte offset.</summary>
    public void Write(long offset, ReadOnlySpan<float> floats) => Write(offset, MemoryMarshal.AsBytes(floats));

    /// <summary>Returns when the bytes are on the disk.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_handle);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
