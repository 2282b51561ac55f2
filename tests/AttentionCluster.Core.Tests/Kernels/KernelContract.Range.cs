using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <content>Numbers that float32 can hold, made of numbers that it can't; and constants that change no weight.</content>
public abstract partial class KernelContract
{
    /// <summary>Scores of 1 and -1, with values of 1 and 0.</summary>
    private const double Weight = 0.88079707797788243;

    /// <summary>q, the two keys' k, scale.</summary>
    public static TheoryData<float, float, double> Extremes => new()
    {
        { 1e20f, 1e20f, 1e-40 },
        { 1e-25f, 1e-25f, 1e50 },
        { 3e38f, 3e38f, 1 / 9e76 },
        { 1e-38f, 1e38f, 1 },
        { 1e30f, 1e-30f, 1 },
        { 1e-20f, 1e-30f, 1e50 },
        { 1e20f, 1e10f, 1e-30 },
        { -1e25f, 1e25f, -1e-50 },
    };

    [SkippableTheory]
    [MemberData(nameof(Extremes))]
    public void Scores_that_float32_holds_are_right_whatever_their_products_are(float q, float k, double scale)
    {
        foreach (int keysPerSegment in new[] { 1, 2 })
        {
            var problem = new AttentionProblem(new(1, 2) { Options = new() { Scale = scale, KeysPerSegment = keysPerSegment } }, [q],
                [k, -k], [1, 0]);

            AttentionResult result = WholeAttention.Compute(problem, Path);

            Assert.Equal(Weight, result.Output[0], 1e-6);
            Assert.Equal(Math.Log(Math.E + (1 / Math.E)), result.Lse[0], 1e-6);
        }
    }

    [SkippableFact]
    public void A_key_whose_partial_sums_leave_float32_counts_as_its_sum()
    {
        // The first two products leave float32 together, and the last two bring the sum back to 1 and -1, scaled.
        const float big = 1.5e19f;
        var problem = new AttentionProblem(
            new(1, 2, 5) { Options = new() { Scale = 1e-36 } }, [big, big, big, big, 1e18f],
                [-big, -big, big, big, 1e18f, -big, -big, big, big, -1e18f], [1, 0]);

        Assert.Equal(Weight, WholeAttention.Compute(problem, Path).Output[0], 1e-6);
    }

    [SkippableTheory]
    [InlineData(1, 3e38f)]
    [InlineData(700, 3e38f)]
    [InlineData(700, -3.4e38f)]
    public void A_mean_of_large_values_is_what_it_is(int keysPerSegment, float value)
    {
        var problem = new AttentionProblem(new(3, 1500, 2, 5) { Options = new() { KeysPerSegment = keysPerSegment } }, new float[6],
            new float[3000], [.. Enumerable.Repeat(value, 7500)]);

        AttentionResult result = WholeAttention.Compute(problem, Path);

        Assert.All(result.Output, element => Assert.Equal(value, element, Math.Abs(value) * 1e-6f));
        Assert.All(result.Lse, lse => Assert.Equal(Math.Log(1500), lse, 1e-5));
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Scores_that_are_equal_and_large_have_equal_weights(int keysPerSegment)
    {
        var problem = new AttentionProblem(new(1, 2) { Options = new() { Scale = 1, KeysPerSegment = keysPerSegment } }, [123457],
            [98765, 98765], [1, 3]);

        AttentionResult result = WholeAttention.Compute(problem, Path);

        Assert.Equal(2f, result.Output[0]);
        Assert.Equal(12193230605f, result.Lse[0], 1e4f);
    }

    [SkippableFact]
    public void What_is_not_finite_in_the_input_stays_what_arithmetic_makes_of_it_beside_large_numbers()
    {
        var problem = new AttentionProblem(new(2, 2) { Options = new() { Scale = 1e-40 } }, [1e20f, float.NaN], [1e20f, -1e20f], [1, 0]);

        AttentionResult result = WholeAttention.Compute(problem, Path);

        Assert.Equal(Weight, result.Output[0], 1e-6);
        Assert.True(float.IsNaN(result.Output[1]));
    }

    [SkippableTheory]
    [InlineData(-1e9)]
    [InlineData(1e9)]
    [InlineData(float.MinValue)]
    [InlineData(5e4)]
    public void A_constant_on_a_row_changes_no_weight(double constant)
    {
        const int rows = 20, keys = 1200;
        AttentionProblem problem = AttentionProblem.Random(new(rows, keys, 8, 4)
        {
            QueryMax = 6,
            Options = new() { Causal = true, KeysPerSegment = 550, RowsPerBlock = 7 },
        });
        var random = new Random(5);
        double[] usual = [.. Enumerable.Range(0, rows * keys).Select(_ => random.Next(3) == 0 ? double.NegativeInfinity : 0)];

        // Every third row has it; of every other third, the keys of the first tile have it, as padding on the left has.
        double[] shifted = [.. usual.Select((number, i) =>
            (i / keys % 3) switch { 0 => number + constant, 1 when i % keys < 600 => number - 1e9, _ => number })];
        double[] plain = [.. usual.Select((number, i) => i / keys % 3 == 1 && i % keys < 600 ? double.NegativeInfinity : number)];
        using var with = OptionCombination.Of(problem, ("mask", ElementType.Float32, [rows, keys], shifted));
        using var without = OptionCombination.Of(problem, ("mask", ElementType.Float32, [rows, keys], plain));

        AttentionResult result = WholeAttention.Compute(with.Problem, Path), expected = WholeAttention.Compute(without.Problem, Path);

        for (int i = 0; i < result.Output.Length; i++)
            Assert.Equal(expected.Output[i], result.Output[i], 1e-6f);
        for (int row = 0; row < rows; row++)
        {
            float lse = row % 3 == 0 ? (float)(expected.LseOf(0, 0, row) + constant) : expected.LseOf(0, 0, row);
            Assert.Equal(lse, result.LseOf(0, 0, row), 2e-6f * Math.Max(1, Math.Abs(lse)));
        }
    }

    [SkippableTheory]
    [InlineData(100_000, 0.5f)]
    [InlineData(-100_000, 0.5f)]
    [InlineData(3_000_000, 0.01f)]
    public void Rows_far_from_all_keys_have_the_weights_that_alibi_gives(long offset, float slope)
    {
        AttentionProblem problem = AttentionProblem.Random(new(9, 700, 6, 3) { Options = new() { Offset = offset, KeysPerSegment = 300 } });
        using var job = OptionCombination.Of(problem, ("alibi_slopes", ElementType.Float32, [1], [slope]));

        AttentionResult result = WholeAttention.Compute(job.Problem, Path);

        foreach ((int batch, int head, int row) in result.Rows)
        {
            (double[] exact, double lse) = job.Row<double>(batch, head, row);
            Assert.Equal(lse, result.LseOf(batch, head, row), Math.Abs(lse) * 1e-6);
            for (int d = 0; d < 3; d++)
                Assert.Equal(exact[d], result.OutputRow(batch, head, row)[d], 2e-6);
        }
    }

    [SkippableFact]
    public void A_sink_logit_beside_a_constant_on_the_row_is_weighed_by_the_difference()
    {
        // Both keys at -1e9 + 0, the sink at the same.
        var problem = new AttentionProblem(new(1, 2) { Options = new() { Scale = 1 } }, [0], [0, 0], [3, 6]);
        using var job = OptionCombination.Of(
            problem, ("mask", ElementType.Float32, [1, 2], [-1e9, -1e9]), ("sink_logits", ElementType.Float32, [1], [-1e9]));

        AttentionResult result = WholeAttention.Compute(job.Problem, Path);

        Assert.Equal(3f, result.Output[0], 1e-6f);
        Assert.Equal(-1e9f, result.Lse[0]);
    }

    [SkippableFact]
    public void A_finite_float64_in_a_mask_hides_nothing()
    {
        var problem = new AttentionProblem(new(1, 3), [0], [0, 0, 0], [2, 4, 99]);
        using var job = OptionCombination.Of(problem,
            ("mask", ElementType.Float64, [1, 3], [double.MinValue, -1e300, double.NegativeInfinity]));

        Assert.Equal(3f, WholeAttention.Compute(job.Problem, Path).Output[0]);
    }

    [SkippableFact]
    public void Packed_documents_of_unequal_numbers_count_from_their_own_ends()
    {
        // Two rows of a document with four keys, one of a document with three: causal, and a window of one key to the left.
        AttentionOptions causal = new() { Causal = true, KeysPerSegment = 4 };
        var problem = new AttentionProblem(new(3, 7) { Options = causal }, new float[3], new float[7], [1, 2, 4, 8, 16, 32, 64]);
        (string, ElementType, int[], double[])[] ids =
            [("q_documents", ElementType.Int64, [1, 3], [4, 4, 2]), ("k_documents", ElementType.Int64, [1, 7], [4, 4, 4, 4, 2, 2, 2])];
        (string, ElementType, int[], double[])[] lengths =
            [("q_document_lengths", ElementType.Int64, [4], [2, 0, 1, 0]), ("k_document_lengths", ElementType.Int64, [4], [4, 0, 3, 0])];
        foreach ((string, ElementType, int[], double[])[] documents in new[] { ids, lengths })
        {
            using var job = OptionCombination.Of(problem, documents);
            AssertNearly([7f / 3, 15f / 4, 112f / 3], WholeAttention.Compute(job.Problem, Path).Output);

            using var windowed = OptionCombination.Of(problem.With(options => options with { Window = (1, -1) }), documents);
            AssertNearly([3f, 6f, 48f], WholeAttention.Compute(windowed.Problem, Path).Output);

            // Distances 2, 1, 0 to the first row's keys, and 1 to the one behind it.
            using var alibi = OptionCombination.Of(
                problem.With(options => options with { Causal = false }),
                    [.. documents, ("alibi_slopes", ElementType.Float32, [1], [Math.Log(2)])]);
            float[] output = WholeAttention.Compute(alibi.Problem, Path).Output;
            Assert.Equal((1 / 4f + 2 / 2f + 4 + 8 / 2f) / (1 / 4f + 1 / 2f + 1 + 1 / 2f), output[0], 1e-5f);
            Assert.Equal((16 / 4f + 32 / 2f + 64) / (1 / 4f + 1 / 2f + 1), output[2], 1e-4f);
        }
    }

    private static void AssertNearly(float[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5f * expected[i]);
    }
}
