using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tests.Attention;

namespace AttentionCluster.Core.Tests.Masks;

public class MaskPictureTests
{
    [Fact]
    public void A_small_mask_is_drawn_pair_by_pair() => Assert.Equal(
        ["#   ", "##  ", "### ", "####"],
        Draw(new AttentionCase(4, 4) { Options = new AttentionOptions { Causal = true } }));

    [Fact]
    public void A_large_one_is_sixteen_lines_of_thirty_two_shades()
    {
        IReadOnlyList<string> lines =
            Draw(new AttentionCase(160_000,
            160_000)
            { Options = new AttentionOptions { Causal = true, Window = (20_000, 0), Sinks = 5_000 } });

        Assert.Equal(16, lines.Count);
        Assert.All(lines, line => Assert.Equal(32, line.Length));

        // The sinks, in front, at all rows but the first ones; the window along the diagonal; nothing behind it, and nothing between.
        Assert.All(lines.Skip(1), line => Assert.Equal('#', line[0]));
        Assert.Equal("#              ", lines[15][..15]);
        Assert.Equal("##+.", lines[15][28..]);
        Assert.Equal(' ', lines[3][31]);
    }

    private static IReadOnlyList<string> Draw(AttentionCase one) =>
        MaskPreview.Draw(new JobMask(one.Shape, one.Options, AuxiliaryLayout.None, null), one.Shape);
}
