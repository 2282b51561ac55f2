using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Tensors;

/// <summary>Buffers that exchange their memory.</summary>
public class NativeBufferExchangeTests
{
    [Fact]
    public unsafe void Each_has_what_the_other_had_and_outlives_it()
    {
        var one = new NativeBuffer(100);
        using var other = new NativeBuffer(100);
        one.Slice(0, 100).Fill(1);
        other.Slice(0, 100).Fill(2);
        byte* memory = one.Pointer;

        one.Exchange(other);

        Assert.True(memory == other.Pointer);
        Assert.Equal(2, one.Slice(99, 1)[0]);
        one.Dispose();
        Assert.Equal(1, other.Slice(99, 1)[0]);
    }

    [Fact]
    public void Lengths_that_differ_and_memory_that_was_freed_are_refused()
    {
        using var one = new NativeBuffer(100);
        using var longer = new NativeBuffer(101);
        var freed = new NativeBuffer(100);
        freed.Dispose();

        Assert.Throws<ArgumentException>(() => one.Exchange(longer));
        Assert.Throws<ObjectDisposedException>(() => one.Exchange(freed));
        Assert.Throws<ObjectDisposedException>(() => freed.Exchange(one));
        Assert.Equal(100, one.Slice(0, 100).Length);
    }
}
