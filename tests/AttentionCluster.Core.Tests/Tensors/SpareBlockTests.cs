using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Tensors;

/// <summary>Memory that the next one of the same length gets. The lengths are used by no other test.</summary>
public unsafe class SpareBlockTests
{
    private const long Bytes = (3L << 20) + 192;

    [SkippableFact]
    public void A_large_buffer_gets_the_memory_of_the_last_one_of_its_length_alone()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "memory is kept on Linux alone");
        nint first, second;
        using (var one = new NativeBuffer(Bytes))
        {
            using var other = new NativeBuffer(Bytes);
            (first, second) = ((nint)one.Pointer, (nint)other.Pointer);
        }

        using var longer = new NativeBuffer(Bytes + 64);
        using var again = new NativeBuffer(Bytes);
        using var third = new NativeBuffer(Bytes);

        Assert.DoesNotContain((nint)longer.Pointer, new[] { first, second });
        Assert.Equal((first, second), ((nint)again.Pointer, (nint)third.Pointer));
    }

    [Fact]
    public void No_more_is_kept_than_is_said()
    {
        const long large = SpareBlocks.BytesMax + 64;
        new NativeBuffer(large).Dispose();

        Assert.Equal(0, SpareBlocks.Take(large));
    }
}
