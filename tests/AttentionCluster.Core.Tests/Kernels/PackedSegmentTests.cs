using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Tensors;
using CsCheck;

namespace AttentionCluster.Core.Tests.Kernels;

public class PackedSegmentTests
{
    private static readonly Gen<(int Keys, int KeyWidth, int ValueWidth, int Columns, int Seed)> Sizes =
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 20], Gen.Int[1, 150], Gen.OneOf(Gen.Const(16), Gen.Const(64)), Gen.Int);

    [Fact]
    public void Every_element_is_found_where_it_belongs_in_whatever_pieces_the_rows_come() =>
        Sizes.Sample((keys, keyWidth, valueWidth, columns, seed) =>
    {
        var random = new Random(seed);
        using var segment = new PackedSegment(1000, keys, keyWidth, valueWidth, columns: columns);
        foreach ((int first, int count) in Pieces(random, keys))
        {
            segment.PackKeys(first, Numbers(first * keyWidth, count * keyWidth));
            segment.PackValues(first, Numbers(first * valueWidth, count * valueWidth));
        }

        for (int key = 0; key < keys; key++)
        {
            for (int d = 0; d < keyWidth; d++)
                Assert.Equal((key * keyWidth) + d, segment.Key(key, d));
            for (int d = 0; d < valueWidth; d++)
                Assert.Equal((key * valueWidth) + d, segment.Value(key, d));
        }
    });

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Only_the_tile_that_holds_a_value_which_is_not_finite_takes_the_slow_way(float poison)
    {
        using var segment = new PackedSegment(0, 3 * TileGeometry.Keys, 2, 2);
        segment.PackKeys(0, [.. Enumerable.Repeat(poison, 6 * TileGeometry.Keys)]);
        segment.PackValues(0, Numbers(0, 6 * TileGeometry.Keys));
        segment.PackValues((2 * TileGeometry.Keys) - 1, [1, poison]);

        Assert.Equal([false, true, false], Enumerable.Range(0, 3).Select(segment.HasNonFiniteValues));
    }

    [Theory]
    [InlineData(ElementType.Float16, float.PositiveInfinity)]
    [InlineData(ElementType.Float16, float.NaN)]
    [InlineData(ElementType.BFloat16, float.NegativeInfinity)]
    [InlineData(ElementType.BFloat16, float.NaN)]
    [InlineData(ElementType.Float64, float.NaN)]
    public void So_it_is_in_every_element_type(ElementType type, float poison)
    {
        using var segment = new PackedSegment(0, 2 * TileGeometry.Keys, 2, 2, type, type);
        segment.PackValues(0, Stored.From(new float[4 * TileGeometry.Keys], type));
        segment.PackValues(TileGeometry.Keys, Stored.From([poison, 1], type));

        Assert.Equal([false, true], Enumerable.Range(0, 2).Select(segment.HasNonFiniteValues));
    }

    [Theory]
    [InlineData(ElementType.Float16, ElementType.BFloat16)]
    [InlineData(ElementType.BFloat16, ElementType.Float16)]
    [InlineData(ElementType.Float64, ElementType.Float64)]
    public void Elements_stay_in_their_type_and_float64_becomes_float32(ElementType keyType, ElementType valueType)
    {
        const int keys = 150, keyWidth = 19, valueWidth = 37;
        using var segment = new PackedSegment(0, keys, keyWidth, valueWidth, keyType, valueType);
        segment.PackKeys(0, Stored.From([.. Enumerable.Range(0, keys * keyWidth).Select(SmallNumber)], keyType));
        segment.PackValues(0, Stored.From([.. Enumerable.Range(0, keys * valueWidth).Select(SmallNumber)], valueType));

        for (int key = 0; key < keys; key++)
        {
            for (int d = 0; d < keyWidth; d++)
                Assert.Equal(SmallNumber((key * keyWidth) + d), segment.Key(key, d));
            for (int d = 0; d < valueWidth; d++)
                Assert.Equal(SmallNumber((key * valueWidth) + d), segment.Value(key, d));
        }

        int bytes = keyType == ElementType.Float64 ? 4 : 2;
        Assert.Equal(bytes * 192 * (keyWidth + 48), segment.ByteLength);
        Assert.Equal(segment.ByteLength, PackedSegment.ByteLengthOf(keys, keyWidth, valueWidth, keyType, valueType));
    }

    [Fact]
    public void Its_memory_is_known_before_it_is_made() => Sizes.Sample((keys, keyWidth, valueWidth, columns, _) =>
    {
        using var segment = new PackedSegment(0, keys, keyWidth, valueWidth, columns: columns);

        Assert.Equal(segment.ByteLength, PackedSegment.ByteLengthOf(keys, keyWidth, valueWidth));
    });

    [Theory]
    [InlineData(70, 2, ElementType.Float32, true, true)]
    [InlineData(70, 4, ElementType.BFloat16, true, true)]
    [InlineData(70, 4, ElementType.Float32, false, true)]
    [InlineData(300, 2, ElementType.Float32, false, false)]
    public unsafe void One_that_is_not_needed_any_more_leaves_its_memory_where_the_length_is_the_same(
        int keys, int keyWidth, ElementType keyType, bool areKeysKept, bool areValuesKept)
    {
        var spare = new PackedSegment(0, 128, 2, 2);
        spare.PackKeys(0, [.. Enumerable.Repeat(float.NaN, 256)]);
        spare.PackValues(0, [.. Enumerable.Repeat(float.NaN, 256)]);
        nint keysBefore = (nint)spare.KeyPanel(0).First, valuesBefore = (nint)spare.ValuePanel(spare.ColumnBlocks[0], 0).First;

        using var segment = new PackedSegment(7, keys, keyWidth, 2, keyType, spare: spare);

        Assert.Equal(areKeysKept, keysBefore == (nint)segment.KeyPanel(0).First);
        Assert.Equal(areValuesKept, valuesBefore == (nint)segment.ValuePanel(segment.ColumnBlocks[0], 0).First);
        Assert.Throws<ObjectDisposedException>(() => spare.Key(0, 0));
        Assert.Equal(PackedSegment.ByteLengthOf(keys, keyWidth, 2, keyType), segment.ByteLength);
        Assert.False(segment.HasNonFiniteValues(0));
        Assert.Equal(0, segment.Key(keys, keyWidth - 1));
        Assert.Equal(0, segment.Value(keys, 1));
    }

    [Fact]
    public void Rows_beyond_its_end_are_an_error()
    {
        using var segment = new PackedSegment(0, 3, 2, 2);

        Assert.Throws<ArgumentOutOfRangeException>(() => segment.PackKeys(2, new float[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => segment.PackValues(-1, new float[2]));
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(64, 32)]
    public void Column_blocks_follow_one_another_and_leave_no_vector_alone_if_they_can_be_wider(int columnsMax, int columnsMin)
    {
        for (int width = 16; width <= 576; width += 16)
        {
            ColumnBlock[] blocks = ColumnBlock.Split(width, columnsMax);

            int end = 0;
            foreach (ColumnBlock block in blocks)
            {
                Assert.Equal(end, block.FirstColumn);
                Assert.InRange(block.Columns, Math.Min(width, columnsMin), columnsMax);
                end += block.Columns;
            }

            Assert.Equal(width, end);
        }
    }

    /// <summary>Exact in every element type: bfloat16 has 8 bits for it.</summary>
    private static float SmallNumber(int i) => (i % 251) - 100;

    private static IEnumerable<(int First, int Count)> Pieces(Random random, int keys)
    {
        for (int first = 0; first < keys;)
        {
            int count = Math.Min(keys - first, random.Next(1, 100));
            yield return (first, count);
            first += count;
        }
    }

    private static float[] Numbers(int first, int count) => [.. Enumerable.Range(first, count).Select(i => (float)i)];
}
