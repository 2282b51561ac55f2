using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using CsCheck;
using static AttentionCluster.Core.Tests.Partials.RandomPartials;

namespace AttentionCluster.Core.Tests.Partials;

/// <summary>Law 2: merged by index, never by arrival.</summary>
public class MergeOrderTests
{
    private const int Rows = 5;
    private const int Keys = 40;
    private const int ValueWidth = 3;

    [Fact]
    public void However_the_keys_are_split_the_order_of_arrival_changes_no_bit() =>
        Gen.Select(Gen.Int[1, Keys], Gen.Int).Sample((keysPerSegment, seed) =>
    {
        var random = new Random(seed);
        float[][] scores = Scores(random, Rows, Keys, spread: 50);
        float[][] values = Values(random, Keys, ValueWidth);
        using Partial ascending = MergeAll(scores, values, keysPerSegment, order => order);

        using Partial shuffled = MergeAll(scores, values, keysPerSegment, order =>
        {
            random.Shuffle(order);
            return order;
        });

        Assert.Equal(Bits(ascending), Bits(shuffled));
    });

    [Fact]
    public void However_the_keys_are_split_the_result_is_that_of_all_keys_at_once() =>
        Gen.Select(Gen.Int[1, Keys], Gen.Int).Sample((keysPerSegment, seed) =>
    {
        var random = new Random(seed);
        float[][] scores = Scores(random, Rows, Keys, spread: 50);
        float[][] values = Values(random, Keys, ValueWidth);
        using Partial merged = MergeAll(scores, values, keysPerSegment, order => order);
        float[] output = new float[ValueWidth];

        for (int row = 0; row < Rows; row++)
        {
            double max = scores[row].Max();
            double sum = scores[row].Sum(score => Math.Exp(score - max));
            Assert.Equal(max + Math.Log(sum), PartialAlgebra.Finish(merged, row, output), 1e-5);
            for (int d = 0; d < ValueWidth; d++)
            {
                double exact = Enumerable.Range(0, Keys).Sum(key => Math.Exp(scores[row][key] - max) * values[key][d]) / sum;
                Assert.Equal(exact, output[d], 2e-6);
            }
        }
    });

    private static Partial MergeAll(float[][] scores, float[][] values, int keysPerSegment, Func<int[], int[]> arrive)
    {
        int segments = (Keys + keysPerSegment - 1) / keysPerSegment;
        Partial[] partials = [.. Enumerable.Range(0, segments).Select(segment =>
            Of(scores, values, segment * keysPerSegment, Math.Min((segment + 1) * keysPerSegment, Keys), ValueWidth))];
        var progress = new MergeProgress(new MergeTree(new KeyRange(0, segments)));
        foreach (MergeStep step in arrive([.. Enumerable.Range(0, segments)]).SelectMany(segment => progress.Add(TreeNode.Leaf(segment))))
        {
            // The partial of a node stands where that of its first segment was.
            PartialAlgebra.Merge(partials[step.Left.FirstSegment], partials[step.Right.FirstSegment]);
            partials[step.Right.FirstSegment].Dispose();
        }

        return partials[0];
    }
}
