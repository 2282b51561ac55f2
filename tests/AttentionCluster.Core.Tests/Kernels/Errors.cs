using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Reference;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>
/// Worst errors against float64 of a result and of <see cref="NaiveAttention"/>, over sampled rows: of O in units of the largest |V|, of
/// the log-sum-exp in units of the largest one (or of 1).
/// </summary>
internal readonly record struct Errors(double Output, double NaiveOutput, double Lse, double NaiveLse)
{
    private const int RowsMax = 150;

    public static Errors Measure(AttentionProblem problem, AttentionResult result)
    {
        AttentionPlan plan = problem.Case.Plan;
        double[] exact = new double[problem.Shape.ValueWidth];
        float[] naive = new float[problem.Shape.ValueWidth];
        double output = 0, naiveOutput = 0, lse = 0, naiveLse = 0, lseMax = 1;
        foreach ((int batch, int head, int row) in Sample(result))
        {
            int kvHead = head / problem.Shape.GroupSize;
            IRows keys = AttentionProblem.RowsOf(problem.Key, problem.Shape.Key, batch, kvHead);
            IRows values = AttentionProblem.RowsOf(problem.Value, problem.Shape.Value, batch, kvHead);
            KeyRange visible = plan.Mask.VisibleTo(row, problem.Shape.Keys);
            ReadOnlySpan<float> query = problem.QueryRow(batch, head, row);
            double exactLse = ReferenceAttention.Row(query, keys, values, visible, plan.Scale, exact);
            float rowLse = NaiveAttention.Row(query, keys, values, visible, (float)plan.Scale, naive);
            output = Math.Max(output, Distance(result.OutputRow(batch, head, row), exact));
            naiveOutput = Math.Max(naiveOutput, Distance(naive, exact));
            lse = Math.Max(lse, Distance(result.LseOf(batch, head, row), exactLse));
            naiveLse = Math.Max(naiveLse, Distance(rowLse, exactLse));
            lseMax = visible.IsEmpty ? lseMax : Math.Max(lseMax, Math.Abs(exactLse));
        }

        double valueMax = problem.Value.Max(Math.Abs);
        return new(output / valueMax, naiveOutput / valueMax, lse / lseMax, naiveLse / lseMax);
    }

    /// <summary>All rows, or every so many, with the first and the last.</summary>
    private static IEnumerable<(int Batch, int Head, int Row)> Sample(AttentionResult result)
    {
        (int, int, int)[] rows = [.. result.Rows];
        int count = Math.Min(RowsMax, rows.Length);
        return Enumerable.Range(0, count).Select(i => rows[count == 1 ? 0 : (long)i * (rows.Length - 1) / (count - 1)]);
    }

    private static double Distance(ReadOnlySpan<float> actual, double[] exact)
    {
        double worst = 0;
        for (int d = 0; d < exact.Length; d++)
            worst = Math.Max(worst, Distance(actual[d], exact[d]));
        return worst;
    }

    /// <summary>NaN where one is a number and the other is not.</summary>
    private static double Distance(float actual, double exact) => actual == exact ? 0 : Math.Abs(actual - exact);
}
