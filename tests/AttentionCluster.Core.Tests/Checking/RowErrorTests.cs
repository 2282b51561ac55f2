using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Checking;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Kernels;

namespace AttentionCluster.Core.Tests.Checking;

/// <summary>One row against float64: its error beside its own bound, and a bound that is a check or says that it is none.</summary>
public sealed class RowErrorTests
{
    [Fact]
    public void Scores_whose_own_error_lets_any_weights_pass_are_no_check_and_said_to_be()
    {
        // The two keys' scores are 1 apart, near 1e10, of which float32 knows some hundreds.
        var problem = new AttentionProblem(new(1, 2, 2) { Options = new() { Scale = 1 } }, [1e5f, 1], [1e5f, 1, 1e5f, 0], [1, 3]);
        AttentionResult result = WholeAttention.Compute(problem, KernelPath.Reference);
        using var check = new ResultUnderCheck(problem, result);

        Verification found = check.All();

        Assert.False(found.Ok);
        Assert.Contains("any weights would pass", found.WhyNoCheck, StringComparison.Ordinal);
        Assert.Empty(found.WrongRows);
    }

    [Fact]
    public void Large_scores_that_are_far_apart_or_have_one_value_are_a_check()
    {
        var apart = new AttentionProblem(new(1, 2) { Options = new() { Scale = 1 } }, [1e5f], [1e5f, 2e5f], [1, 3]);
        var alike = new AttentionProblem(new(1, 2) { Options = new() { Scale = 1 } }, [1e5f], [1e5f, 1e5f], [3, 3]);
        foreach (AttentionProblem problem in new[] { apart, alike })
        {
            AttentionResult result = WholeAttention.Compute(problem, KernelPath.Reference);
            using var check = new ResultUnderCheck(problem, result);
            Assert.True(check.Row(0, 0, 0).IsOk);
            Assert.False(check.With(0, 0, 0, 0, 2.999f).Row(0, 0, 0).IsOk);
        }
    }

    [Fact]
    public void The_error_of_a_row_stands_beside_the_bound_of_the_same_row()
    {
        // Row 0 has scores of thousands and a wide bound, row 1 of nothing; the error of row 1 is over its own bound, and below that of row
        // 0.
        var problem = new AttentionProblem(new(2, 2) { Options = new() { Scale = 1 } }, [6e4f, 0], [1, 1.0001f], [100, -100]);
        AttentionResult result = WholeAttention.Compute(problem, KernelPath.Reference);
        using var check = new ResultUnderCheck(problem, result);
        Assert.True(check.All().Ok);
        RowError wide = check.Row(0, 0, 0), narrow = check.Row(0, 0, 1);
        double error = Math.Sqrt(wide.Bound * narrow.Bound) * 100;

        Verification found = check.With(0, 0, 1, 0, result.Output[1] + (float)error).All();

        Assert.False(found.Ok);
        Assert.Equal(("batch 0, head 0, row 1", narrow.Bound), (found.WorstRow, found.Bound));
        Assert.Equal(error, found.MaxAbsError, error * 1e-2);
        Assert.Equal(found.MaxAbsError / 100, found.MaxRelError, 1e-12);
        Assert.Equal(1, Assert.Single(found.WrongRows).Row);
    }

    [Theory]
    [InlineData(1e30f, 1e30f, 1e-60)]
    [InlineData(1e-30f, 1e-30f, 1e60)]
    public void Squares_that_are_no_float32_are_checked_all_the_same(float q, float k, double scale)
    {
        var problem = new AttentionProblem(new(1, 2) { Options = new() { Scale = scale } }, [q], [k, -k], [1, 0]);
        AttentionResult result = WholeAttention.Compute(problem, KernelPath.Reference);
        using var check = new ResultUnderCheck(problem, result);

        Assert.True(check.Row(0, 0, 0).IsOk);
        Assert.InRange(check.Row(0, 0, 0).Bound, 1e-8, 1e-5);
        Assert.False(check.With(0, 0, 0, 0, 0.8808f).Row(0, 0, 0).IsOk);
    }

    [Fact]
    public void An_output_that_its_type_cannot_hold_is_no_right_one()
    {
        var problem = new AttentionProblem(new(1, 2), [0], [0, 0], [1e6f, 1e6f]);
        AttentionResult result = WholeAttention.Compute(problem, KernelPath.Reference);
        using var check = new ResultUnderCheck(problem, result, ElementType.Float16);

        RowError found = check.Row(0, 0, 0);

        Assert.False(found.IsOk);
        Assert.Contains("beyond the largest", found.WhyNoCheck, StringComparison.Ordinal);
    }
}
