using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Planning;
using CsCheck;

namespace AttentionCluster.Core.Tests.Kernels;

public class PackedSegmentTests
{
    private static readonly Gen<(int Keys, int KeyWidth, int ValueWidth, int Seed)> Sizes =
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 20], Gen.Int[1, 150], Gen.Int);

    [Fact]
    public void Every_element_is_found_where_it_belongs_in_whatever_pieces_the_rows_come() => Sizes.Sample((keys, keyWidth, valueWidth, seed) =>
    {
        var random = new Random(seed);
        using var segment = new PackedSegment(1000, keys, keyWidth, valueWidth);
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

    [Fact]
    public void Its_memory_is_known_before_it_is_made() => Sizes.Sample((keys, keyWidth, valueWidth, _) =>
    {
        using var segment = new PackedSegment(0, keys, keyWidth, valueWidth);

        Assert.Equal(segment.ByteLength, PackedSegment.ByteLengthOf(keys, keyWidth, valueWidth));
    });

    [Fact]
    public void Rows_beyond_its_end_are_an_error()
    {
        using var segment = new PackedSegment(0, 3, 2, 2);

        Assert.Throws<ArgumentOutOfRangeException>(() => segment.PackKeys(2, new float[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => segment.PackValues(-1, new float[2]));
    }

    [Fact]
    public void Column_blocks_follow_one_another_and_leave_no_vector_alone_if_there_are_several()
    {
        for (int width = 16; width <= 512; width += 16)
        {
            ColumnBlock[] blocks = ColumnBlock.Split(width);

            int end = 0;
            foreach (ColumnBlock block in blocks)
            {
                Assert.Equal(end, block.FirstColumn);
                Assert.InRange(block.Columns, width == 16 ? 16 : 32, 64);
                end += block.Columns;
            }

            Assert.Equal(width, end);
        }
    }

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
