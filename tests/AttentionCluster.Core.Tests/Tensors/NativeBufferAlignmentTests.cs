using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Tensors;

public sealed unsafe class NativeBufferAlignmentTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(65_537)]
    [InlineData(2 << 20)]
    [InlineData((2 << 20) + 1)]
    public void Every_buffer_is_aligned_to_a_cache_line_and_usable_whole(long bytes)
    {
        using var buffer = new NativeBuffer(bytes);
        buffer.Clear();
        Assert.Equal(0, (nint)buffer.Pointer % NativeBuffer.Alignment);
    }
}
