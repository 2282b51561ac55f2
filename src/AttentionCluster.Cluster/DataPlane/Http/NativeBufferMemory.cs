using System.Buffers;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>
/// A part of native memory as <see cref="Memory{T}"/>, so that a socket fills it without a copy through managed arrays. It neither owns
/// the buffer nor keeps it from being disposed.
/// </summary>
internal sealed unsafe class NativeBufferMemory(NativeBuffer buffer, long offset, int length) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => buffer.Slice(offset, length);

    /// <summary>Native memory does not move.</summary>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
        return new MemoryHandle(buffer.Pointer + offset + elementIndex);
    }

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
