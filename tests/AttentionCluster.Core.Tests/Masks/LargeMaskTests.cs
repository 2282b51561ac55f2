using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Masks;

/// <summary>Masks that are too large to be held in memory say the same as those that are held.</summary>
public unsafe class LargeMaskTests
{
    [Theory]
    [InlineData(2, 4, 37, 53)]
    [InlineData(1, 4, 37, 53)]
    [InlineData(2, 1, 37, 53)]
    [InlineData(2, 4, 1, 53)]
    [InlineData(2, 4, 37, 1)]
    public void Elements_that_are_read_are_those_that_are_held(int batch, int heads, int rows, int keys)
    {
        var random = new Random(batch + heads + rows + keys);
        foreach (ElementType type in new[] { ElementType.Boolean, ElementType.Float32, ElementType.Float64, ElementType.BFloat16 })
        {
            var tensor = new AuxiliaryTensor("mask", type, new TensorShape(batch, heads, rows, keys));
            using var buffer = new NativeBuffer(tensor.ByteLength);
            random.NextBytes(buffer.Slice(0, (int)tensor.ByteLength));
            TensorBytes bytes = BytesOf(buffer);
            using var held = new MaskTensor(tensor, bytes);
            foreach (int windowBytes in new[] { 1, 100, 1 << 20 })
            {
                var read = new MaskReader(tensor, bytes, batch: batch - 1, firstHead: 2, windowBytes);
                MaskElements wanted = held.Held(batch - 1, firstHead: 2);
                for (int tile = 0; tile < 200; tile++)
                {
                    (int row, int key, int head) = (random.Next(37), random.Next(53), random.Next(2));
                    (int rowsOfTile, int keysOfTile) = (random.Next(1, 38 - row), random.Next(1, 54 - key));
                    MaskElements found = read.At(head, row, rowsOfTile, key, keysOfTile);
                    (int r, int k) = (row + random.Next(rowsOfTile), key + random.Next(keysOfTile));
                    Assert.Equal(wanted.IsVisible(head, r, k), found.IsVisible(head, r, k));
                    Assert.Equal(wanted.Number(head, r, k), found.Number(head, r, k));
                }
            }
        }
    }

    [Fact]
    public void Elements_beyond_2_to_the_32_are_read_at_their_place()
    {
        const int Rows = 70_000, Keys = 70_001;
        var tensor = new AuxiliaryTensor("mask", ElementType.Boolean, new TensorShape(1, 2, Rows, Keys));
        var read = new MaskReader(tensor, new TensorBytes(new BitOfPlace(tensor.ByteLength), 0, tensor.ByteLength), batch: 0, firstHead: 0,
            windowBytes: 1000);
        foreach ((int head, int row, int key) in new[] { (0, 0, 0), (0, 65_535, 65_536), (0, Rows - 3, Keys - 5), (1, 0, 0),
            (1, Rows - 3, Keys - 5) })
        {
            MaskElements found = read.At(head, row, 3, key, 5);
            for (int place = 0; place < 15; place++)
            {
                (int r, int k) = (row + (place / 5), key + (place % 5));
                Assert.Equal(BitOfPlace.At(((((long)head * Rows) + r) * Keys) + k) != 0, found.IsVisible(head, r, k));
            }
        }
    }

    [Fact]
    public void A_plan_counts_what_a_large_mask_shows()
    {
        AttentionShape shape =
            AttentionShape.Create(new TensorShape(1, 2, 4_111, 8), new TensorShape(1, 1, 4_200, 8), new TensorShape(1, 1, 4_200, 8),
            out _)!;
        var options = new AttentionOptions { Causal = true, KeysPerSegment = 1_000, RowsPerBlock = 500 };
        var layout = Layout(shape, options);
        using var buffer = new NativeBuffer(4_111L * 4_200);
        new Random(1).NextBytes(buffer.Slice(0, (int)buffer.ByteLength));
        for (long i = 0; i < buffer.ByteLength; i++)
            buffer.Pointer[i] &= 1;
        using AuxiliaryTensors auxiliary =
            AuxiliaryTensors.Open(layout, shape, options, _ => BytesOf(buffer), out Refusal? refusal)
            ?? throw new InvalidOperationException(refusal!.Message);

        AttentionPlan plan =
            AttentionPlan.Create(shape, options, out refusal, layout, auxiliary) ?? throw new InvalidOperationException(refusal!.Message);

        long pairs = 0;
        for (int row = 0; row < 4_111; row++)
            pairs += new ReadOnlySpan<byte>(buffer.Pointer + (row * 4_200L), Math.Min(4_200, row + (4_200 - 4_111) + 1)).Count((byte)1);
        Assert.True(auxiliary.Complete(plan.Rules.RangeOf(0), 0, 0).Elements.IsAbsent, "the mask is held: it is too small for this test");
        Assert.Equal(2.0 * pairs * 2 * (8 + 8), plan.Flops);
        Assert.Equal(buffer.Pointer[4_200] != 0, plan.Rules.RuleOf(0, 0, 1, 1).Keys.Contains(0));
    }

    private static AuxiliaryLayout Layout(AttentionShape shape, AttentionOptions options) =>
        AuxiliaryLayout.Create([new TensorEntry("mask", ElementType.Boolean, [4_111, 4_200], 0, 4_111L * 4_200)], shape, options, "test",
            out Refusal? refusal)
            ?? throw new InvalidOperationException(refusal!.Message);

    private static TensorBytes BytesOf(NativeBuffer buffer) => new(new MemoryBytes("test", buffer), 0, buffer.ByteLength);

    /// <summary>A file of any length whose bytes, 0 or 1, are a function of where they are.</summary>
    private sealed class BitOfPlace(long length) : ByteSource("test", length)
    {
        public override bool IsShortened => false;

        public static byte At(long place) => (byte)(((ulong)place * 0x9E3779B97F4A7C15) >> 63);

        public override void Read(long offset, Span<byte> destination)
        {
            for (int i = 0; i < destination.Length; i++)
                destination[i] = At(offset + i);
        }

        public override void Dispose()
        {
        }
    }
}
