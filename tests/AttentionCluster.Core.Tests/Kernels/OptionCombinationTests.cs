using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Checking;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tests.Checking;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>Every option with every other: random combinations against float64, on all kernels of this machine.</summary>
public class OptionCombinationTests
{
    private const int Combinations = 2_000, PerTest = 100;

    /// <summary>
    /// Plans that are counted pair by pair, and jobs that the slow kernels compute too, float64 and emulated: one of so many.
    /// </summary>
    private const int OneOf = 5;

    /// <summary>An ulp of 1, which is always allowed: one combination has few rows, whose errors chance does not even out.</summary>
    private const double Ulp = 1.2e-7;

    /// <summary>
    /// The same for a log-sum-exp, which has the whole error of its largest score: a sum of dozens of products whose terms are larger than
    /// itself, and which two plain passes over few rows may have by luck without one. Seed 1363 has 1.4e-7 in them, 1.3e-6 with fused
    /// products and 1.8e-6 with rounded ones, near 8.
    /// </summary>
    private const double LseUlp = 2 * Ulp;

    /// <summary>Beside a larger constant on a row a log-sum-exp has no more than the constant's own error.</summary>
    private const double LargeConstant = 1_000;

    public static IEnumerable<object[]> Firsts => Enumerable.Range(0, Combinations / PerTest).Select(i => new object[] { i * PerTest });

    [Theory]
    [MemberData(nameof(Firsts))]
    public void The_worst_error_is_at_most_twice_that_of_two_plain_passes(int first)
    {
        using var workspace = new Workspace();
        double errors = 0, naiveErrors = 0;
        for (int seed = first; seed < first + PerTest; seed++)
        {
            using OptionCombination combination = OptionCombination.Random(seed);
            foreach (KernelPath path in KernelCatalog.Paths.Where(path => KernelPaths.IsSupported(path)
                && (path is not (KernelPath.Reference or KernelPath.Emulated) || seed % OneOf == 0)))
            {
                AttentionResult result = WholeAttention.Compute(combination.Problem, path, arrivalSeed: seed, workspace);
                (double error, double naive) = Compare(combination, result, $"seed {seed} {path}: {combination}");
                CheckVerification(combination, result, seed, $"seed {seed} {path}: {combination}");
                errors += error;
                naiveErrors += naive;
            }
        }

        Assert.InRange(errors, 0, naiveErrors * 2);
    }

    [Theory]
    [MemberData(nameof(Firsts))]
    public void The_plan_counts_the_pairs_that_are_visible(int first)
    {
        for (int seed = first; seed < first + PerTest; seed += OneOf)
        {
            using OptionCombination combination = OptionCombination.Random(seed);
            AttentionPlan plan = combination.Problem.Plan;
            var shape = plan.Shape;
            double pairs = 0;
            for (int index = 0; index < plan.BlockCount; index++)
            {
                QueryBlock block = plan.Block(index);
                for (int segment = 0; segment < plan.SegmentCount; segment++)
                {
                    long seen = Seen(combination, plan, block, segment);
                    pairs += seen;
                    Assert.True(seen > 0 == plan.HasTask(block, segment),
                        $"seed {seed}: {block}, segment {segment}: {seen} pairs; {combination}");
                    Assert.Equal(2.0 * (shape.KeyWidth + shape.ValueWidth) * seen, plan.HasTask(block, segment)
                        ? plan.TaskFlops(block, segment) : 0);
                    Assert.True((plan.HasTask(block, segment) ? plan.TaskTiles(block, segment) : 0) > 0 == seen > 0);
                }
            }

            Assert.Equal(2.0 * (shape.KeyWidth + shape.ValueWidth) * pairs, plan.Flops);
        }
    }

    /// <summary>
    /// The product's own check finds nothing wrong in a right result, and what is wrong in one that is further off than any weights are.
    /// </summary>
    private static void CheckVerification(OptionCombination combination, AttentionResult result, int seed, string what)
    {
        AttentionProblem problem = combination.Problem;
        AttentionShape shape = problem.Shape;
        (int batch, int head, int row) = (seed % shape.Batch, seed % shape.Query.Heads, seed % shape.QueryRows);
        using var check = new ResultUnderCheck(problem, result);
        RowError right = check.Row(batch, head, row);
        Assert.True(right.IsOk, $"{right}: {what}");
        int[] keys = [.. Enumerable.Range(0, shape.Keys).Where(key => combination.Sees(batch, head, row, key))];
        if (keys.Length == 0)
            return;
        int column = seed % shape.ValueWidth;
        IEnumerable<double> values =
            keys.Select(key => (double)problem.ValueRow(batch, head / shape.GroupSize, key)[column])
            .Append(combination.Has("sink_logits") ? 0 : double.NaN);
        double[] numbers = [.. values.Where(double.IsFinite)];
        double largest = problem.Value.Max(Math.Abs), wrong =
            result.OutputRow(batch, head, row)[column] + (1.5 * (numbers.Max() - numbers.Min())) + (1e-4 * largest);

        RowError found = check.With(batch, head, row, column, (float)wrong).Row(batch, head, row);

        Assert.True(found.Severity > 1, $"{found}: {what}");
    }

    private static long Seen(OptionCombination combination, AttentionPlan plan, QueryBlock block, int segment)
    {
        long seen = 0;
        for (int head = block.KvHead * plan.Shape.GroupSize; head < (block.KvHead + 1) * plan.Shape.GroupSize; head++)
        {
            for (int row = block.FirstRow; row < block.EndRow; row++)
            {
                for (int key = plan.SegmentKeys(segment).Start; key < plan.SegmentKeys(segment).End; key++)
                    seen += combination.Sees(block.Batch, head, row, key) ? 1 : 0;
            }
        }

        return seen;
    }

    /// <summary>Compares some rows; an error in a score is one of its weight, so the larger the scores, the more is allowed.</summary>
    private static (double Error, double Naive) Compare(OptionCombination combination, AttentionResult result, string what)
    {
        const int rowsMax = 16;
        (int Batch, int Head, int Row)[] rows = [.. result.Rows];
        int step = Math.Max(1, rows.Length / rowsMax);
        double worst = 0, naive = 0, worstLse = 0, naiveLse = 0, lseMax = 1;
        for (int at = 0; at < rows.Length; at += step)
        {
            (int batch, int head, int row) = rows[at];
            (double[] exact, double lse, double constant) = combination.RowBesideConstant<double>(batch, head, row);
            (float[] plain, float plainLse, _) = combination.RowBesideConstant<float>(batch, head, row);
            worst = Math.Max(worst, Distance(result.OutputRow(batch, head, row), exact));
            naive = Math.Max(naive, Distance(plain, exact));
            if (Math.Abs(constant) < LargeConstant)
            {
                worstLse = Math.Max(worstLse, Distance([result.LseOf(batch, head, row)], [lse + constant]));
                naiveLse = Math.Max(naiveLse, Distance([plainLse], [lse]));
            }
            else if (!double.IsNegativeInfinity(lse))
            {
                Assert.Equal((float)(lse + constant), result.LseOf(batch, head, row), Math.Abs((float)constant) * (float)Ulp);
            }

            lseMax = double.IsInfinity(lse) ? lseMax
                : Math.Max(lseMax, Math.Max(Math.Abs(lse), Math.Abs(constant) < LargeConstant ? Math.Abs(lse + constant) : 0));
        }

        double largest = combination.Problem.Value.Max(Math.Abs), allowed = Ulp * (1 + (lseMax / 4));
        Assert.True(worst <= (2 * naive) + (allowed * largest), $"output {worst} against {naive}: {what}");
        Assert.True(worstLse <= (2 * naiveLse) + (LseUlp * lseMax), $"lse {worstLse} against {naiveLse}: {what}");
        return (worst / largest, naive / largest);
    }

    private static double Distance(ReadOnlySpan<float> actual, double[] exact)
    {
        double worst = 0;
        for (int d = 0; d < exact.Length; d++)
            worst = Math.Max(worst, actual[d] == exact[d] ? 0 : Math.Abs(actual[d] - exact[d]) is var distance && double.IsNaN(distance)
                ? double.PositiveInfinity : distance);
        return worst;
    }
}
