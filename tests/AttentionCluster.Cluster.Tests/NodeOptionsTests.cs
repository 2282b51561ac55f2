using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Core;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests;

public sealed class NodeOptionsTests
{
    private static readonly NodeOptions Default = new() { DataDirectory = "" };

    [Fact]
    public void The_defaults_are_within_their_ranges() => Assert.Empty((Default with { MemoryBytesMax = 1 << 30 }).Validate());

    [Theory]
    [InlineData(0)]
    [InlineData(86_401)]
    public void An_age_out_of_its_range_is_refused_by_name(int seconds) => Assert.StartsWith(
        "offer-age-max is ",
            (Default with { MemoryBytesMax = 1 << 30, OfferAgeMax = TimeSpan.FromSeconds(seconds) }).Validate()[0].Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(0, 1L << 30, 4096, "threads")]
    [InlineData(1025, 1L << 30, 4096, "threads")]
    [InlineData(1, (64L << 20) - 1, 4096, "memory-bytes-max")]
    [InlineData(1, 1L << 30, 4095, "chunk-bytes")]
    [InlineData(1, 1L << 30, (64 << 20) + 1, "chunk-bytes")]
    public void A_value_out_of_its_range_is_refused_by_name(int threads, long memoryBytesMax, int chunkBytes, string name)
    {
        NodeOptions options = Default with { Threads = threads, MemoryBytesMax = memoryBytesMax, ChunkBytes = chunkBytes };

        Refusal refusal = Assert.Single(options.Validate());
        Assert.Equal("option-out-of-range", refusal.Code.Name());
        Assert.StartsWith($"{name} is ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gateway_does_not_need_the_memory_of_its_workers()
    {
        TensorShape shape = new(1, 1, 60_000, 512);
        AttentionPlan plan = Plans.Of(shape, shape, shape, new() { KeysPerSegment = 60_000, RowsPerBlock = 16 });
        NodeOptions small = Default with { Threads = 1, MemoryBytesMax = 64 << 20 };

        Assert.Equal("memory-limit", small.CheckMemory(plan, ElementType.Float32, ElementType.Float32)!.Code.Name());
        Assert.Null((small with { Roles = NodeRoles.Gateway }).CheckMemory(plan, ElementType.Float32, ElementType.Float32));
    }
}
