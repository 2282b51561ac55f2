using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Formats;

/// <summary>An archive member, extracted. It owns its memory.</summary>
internal sealed class MemoryBytes(string path, NativeBuffer buffer) : ByteSource(path, buffer.ByteLength)
{
    public override void Read(long offset, Span<byte> destination)
    {
        long missing = offset + destination.Length - Length;
        if (missing > 0)
            throw EndsEarly(Length, missing);
        buffer.Slice(offset, destination.Length).CopyTo(destination);
    }

    public override bool IsShortened => false;

    public override void Dispose() => buffer.Dispose();
}
