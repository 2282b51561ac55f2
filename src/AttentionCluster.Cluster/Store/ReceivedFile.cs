using System.Buffers;
using System.IO.Hashing;
using AttentionCluster.Core.Formats;
using Microsoft.Win32.SafeHandles;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// A file of known length that arrives from its first byte to its last. It takes of the disk what has arrived, whatever was promised.
/// Disposed before
/// <see cref="Complete"/>, it deletes itself.
/// </summary>
internal sealed class ReceivedFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly XxHash128? _checksum;
    private bool _completed;

    /// <param name="path">The file.</param>
    /// <param name="length">Bytes of it.</param>
    /// <param name="isDurable">Whether it must outlive this process, and so has a checksum to be known by.</param>
    /// <exception cref="IOException">The file exists, the disk has less room than all of it takes, or the path can't be
    /// written.</exception>
    internal ReceivedFile(string path, long length, bool isDurable)
    {
        DiskSpace.Require(path, length);
        _path = path;
        _checksum = isDurable ? new XxHash128() : null;
        Length = length;
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
    }

    /// <summary>Bytes of the whole file.</summary>
    public long Length { get; }

    /// <summary>Bytes that have arrived.</summary>
    public long Received { get; private set; }

    /// <summary>XxHash128 of what has arrived, in hexadecimal; empty when the file need not outlive this process.</summary>
    public string Checksum => _checksum is null ? "" : Convert.ToHexStringLower(_checksum.GetCurrentHash());

    /// <summary>Writes the next bytes.</summary>
    /// <exception cref="ArgumentException">They are more than what is missing.</exception>
    /// <exception cref="IOException">The disk fails.</exception>
    public void Append(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.Length > Length - Received)
            throw new ArgumentException($"{bytes.Length} bytes: {Length - Received} are missing", nameof(bytes));
        if (bytes.IsSingleSegment)
            RandomAccess.Write(_file, bytes.FirstSpan, Received);
        else
            RandomAccess.Write(_file, Parts(bytes), Received);
        Received += bytes.Length;
        if (_checksum is null)
            return;
        foreach (ReadOnlyMemory<byte> part in bytes)
            _checksum.Append(part.Span);
    }

    /// <summary>Keeps the file; returns when it is on the disk, if it must outlive this process.</summary>
    /// <exception cref="InvalidOperationException">Bytes are missing.</exception>
    /// <exception cref="IOException">The disk fails.</exception>
    public void Complete()
    {
        if (Received != Length)
            throw new InvalidOperationException($"{Length - Received} of {Length} bytes are missing");
        if (_checksum is not null)
            DurableFile.Flush(_file, _path);
        _completed = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();

        // Its folder may have been removed before it, when the process ends in the middle of it.
        if (!_completed && File.Exists(_path))
            File.Delete(_path);
    }

    /// <summary>The completed file, to be read.</summary>
    internal TensorFile Open()
    {
        // Whoever reads shares with readers alone.
        _file.Dispose();
        return TensorFile.Open(_path);
    }

    private static List<ReadOnlyMemory<byte>> Parts(in ReadOnlySequence<byte> bytes)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        foreach (ReadOnlyMemory<byte> part in bytes)
            parts.Add(part);
        return parts;
    }
}
