using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Tensors;

public sealed unsafe class NativeBlocksTests
{
    private const int Size = (256 << 10) + 4096;

    [Fact]
    public void A_freed_block_serves_the_next_of_its_size()
    {
        var first = new NativeBuffer(Size);
        nint address = (nint)first.Pointer;
        first.Dispose();

        using var second = new NativeBuffer(Size);

        Assert.Equal(address, (nint)second.Pointer);
    }

    [Fact]
    public void No_more_than_the_limit_is_kept()
    {
        NativeBuffer[] buffers = [.. Enumerable.Range(0, 40).Select(_ => new NativeBuffer(4 << 20))];
        foreach (NativeBuffer buffer in buffers)
            buffer.Dispose();

        Assert.InRange(NativeBlocks.KeptBytes, 1, NativeBlocks.KeptBytesMax);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(65_537)]
    [InlineData((2 << 20) + 1)]
    public void Every_block_is_aligned_to_a_cache_line(long bytes)
    {
        using var buffer = new NativeBuffer(bytes);
        buffer.Clear();
        Assert.Equal(0, (nint)buffer.Pointer % NativeBuffer.Alignment);
    }
}
