using System.IO.MemoryMappedFiles;
using AttentionCluster.Core.Tensors;
using Microsoft.Win32.SafeHandles;

namespace AttentionCluster.Core.Formats;

/// <summary>
/// The whole bytes of one tensor behind one pointer, read only: a copy in native memory when it is small, mapped when it
/// has <see cref="FormatLimits.MappedBytesMin"/> bytes or more. Dispose it before its <see cref="TensorFile"/>.
/// A mapped file must not be made shorter while it is viewed: the operating system ends a process that reads a lost page.
/// </summary>
public sealed unsafe class TensorView : IDisposable
{
    /// <summary>The largest piece of one read.</summary>
    private const int ReadBytesMax = 1 << 30;

    private readonly NativeBuffer? _buffer;
    private readonly bool _ownsBuffer;
    private readonly long _bufferOffset;
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _mapping;
    private byte* _mapped;

    private TensorView(NativeBuffer buffer, bool ownsBuffer, long offset, long byteLength)
    {
        _buffer = buffer;
        _ownsBuffer = ownsBuffer;
        _bufferOffset = offset;
        ByteLength = byteLength;
    }

    private TensorView(MemoryMappedFile file, MemoryMappedViewAccessor mapping, long byteLength)
    {
        _file = file;
        _mapping = mapping;
        mapping.SafeMemoryMappedViewHandle.AcquirePointer(ref _mapped);
        _mapped += mapping.PointerOffset;
        ByteLength = byteLength;
    }

    /// <summary>
    /// The first byte; valid until <see cref="Dispose"/>. A copy is aligned to a cache line; in a mapped file, and in an
    /// archive member, the data starts wherever the file puts it, which may be any byte.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The view, or the file it was borrowed from, was disposed.</exception>
    public byte* Pointer
    {
        get
        {
            if (_buffer != null)
                return _buffer.Pointer + _bufferOffset;
            ObjectDisposedException.ThrowIf(_mapped == null, this);
            return _mapped;
        }
    }

    /// <summary>Bytes behind <see cref="Pointer"/>.</summary>
    public long ByteLength { get; }

    /// <summary>Whether the bytes are the file's own pages rather than a copy.</summary>
    public bool IsMapped => _mapping != null;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsBuffer)
            _buffer!.Dispose();
        if (_mapped == null)
            return;
        _mapped = null;
        _mapping!.SafeMemoryMappedViewHandle.ReleasePointer();
        _mapping.Dispose();
        _file!.Dispose();
    }

    internal static TensorView Copy(ByteSource source, long offset, long byteLength)
    {
        NativeBuffer buffer = new(byteLength);
        try
        {
            for (long done = 0; done < byteLength; done += ReadBytesMax)
                source.Read(offset + done, buffer.Slice(done, (int)Math.Min(ReadBytesMax, byteLength - done)));
            return new TensorView(buffer, ownsBuffer: true, 0, byteLength);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    internal static TensorView Borrow(NativeBuffer buffer, long offset, long byteLength) =>
        new(buffer, ownsBuffer: false, offset, byteLength);

    internal static TensorView Map(SafeFileHandle handle, long offset, long byteLength)
    {
        MemoryMappedFile file = MemoryMappedFile.CreateFromFile(
            handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            return new TensorView(file, file.CreateViewAccessor(offset, byteLength, MemoryMappedFileAccess.Read), byteLength);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
