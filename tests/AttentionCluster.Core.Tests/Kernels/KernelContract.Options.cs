using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <content>What other implementations have got wrong, for every option.</content>
public abstract partial class KernelContract
{
    private static readonly AttentionOptions TopLeft = new() { Causal = true, Align = CausalAlignment.TopLeft };

    /// <summary>One row, row groups of every path, a tile, and each of them with one less or more.</summary>
    public static TheoryData<int> LengthsAtEdges =>
        [1, 2, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, TileGeometry.Rows - 1, TileGeometry.Rows, TileGeometry.Rows + 1,
            TileGeometry.Keys - 1, TileGeometry.Keys, TileGeometry.Keys + 1];

    /// <summary>The lowest finite numbers of the types that a mask may have, which models write where they mean -infinity.</summary>
    public static TheoryData<ElementType, double> LowestNumbers => new()
    {
        { ElementType.Float32, float.MinValue },
        { ElementType.Float16, -65504 },
        { ElementType.BFloat16, -3.3895313892515355e38 },
        { ElementType.Float64, float.MinValue },
    };

    public static IEnumerable<object[]> MasksAndTypes =>
        from object[] mask in OptionKinds.Masks
        from type in new[] { ElementType.Float32, ElementType.Float16, ElementType.BFloat16 }
        select new object[] { mask[0], type };

    [SkippableTheory]
    [MemberData(nameof(OptionKinds.Masks), MemberType = typeof(OptionKinds))]
    public void A_row_without_a_key_is_zero_with_minus_infinity_whatever_hides_them(string mask)
    {
        using OptionCombination job = OptionKinds.Create(mask);
        int keys = job.Problem.Shape.Keys, without = 0;

        AttentionResult result = WholeAttention.Compute(job.Problem, Path);

        foreach ((int batch, int head, int row) in result.Rows)
        {
            bool seesAny = Enumerable.Range(0, keys).Any(key => job.Sees(batch, head, row, key));
            Assert.Equal(seesAny, float.IsFinite(result.LseOf(batch, head, row)));
            if (seesAny)
                continue;
            without++;
            Assert.Equal(float.NegativeInfinity, result.LseOf(batch, head, row));
            Assert.All(result.OutputRow(batch, head, row).ToArray(), element => Assert.Equal(0f, element));
        }

        Assert.True(without > 0);
    }

    [SkippableFact]
    public void A_row_without_a_key_has_its_sink_logit_as_log_sum_exp()
    {
        using var job = OptionCombination.Of(
            AttentionProblem.Random(new(4, 5, 3, 2) { Options = TopLeft with { Offset = -2 } }),
                ("sink_logits", ElementType.Float32, [1], [1.5]));

        AttentionResult result = WholeAttention.Compute(job.Problem, Path);

        Assert.Equal([1.5f, 1.5f], result.Lse[..2]);
        Assert.Equal([0f, 0f, 0f, 0f], result.Output[..4]);
    }

    [SkippableTheory]
    [MemberData(nameof(MasksAndTypes))]
    public void What_is_not_finite_in_a_hidden_key_or_value_changes_no_bit_whatever_hides_it(string mask, ElementType type)
    {
        using OptionCombination job = OptionKinds.Create(mask);
        AttentionProblem problem = job.Problem with { KeyType = type, ValueType = type };
        AttentionResult clean = WholeAttention.Compute(problem, Path);

        // The first tile and the second, and the second segment.
        foreach ((int poisoned, float poison) in new[] { (3, float.NaN), (520, float.PositiveInfinity), (601, float.NegativeInfinity),
            (1090, float.NaN) })
        {
            AttentionResult result = WholeAttention.Compute(problem.Poison(key => key == poisoned, poison, poison), Path);
            int hidden = 0;
            foreach ((int batch, int head, int row) in clean.Rows.Where(at => !job.Sees(at.Batch, at.Head, at.Row, poisoned)))
            {
                hidden++;
                Assert.True(clean.RowBits(batch, head, row).SequenceEqual(result.RowBits(batch, head, row)),
                    $"{poison} in key {poisoned} changed row {row} of head {head}, batch {batch}");
            }

            Assert.True(hidden > 0);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(OptionKinds.All), MemberType = typeof(OptionKinds))]
    public void A_row_has_the_same_bits_whatever_rows_are_beside_it_in_its_tile(string kind)
    {
        using OptionCombination job = OptionKinds.Create(kind);
        string whole = WholeAttention.Compute(job.Problem, Path).Sha256();

        foreach (int rows in new[] { 1, 7, 203 })
            Assert.Equal(whole, WholeAttention.Compute(job.Problem.With(options => options with { RowsPerBlock = rows }), Path,
                arrivalSeed: rows).Sha256());
    }

    [SkippableFact]
    public void Softcap_comes_before_the_mask()
    {
        // Products of 1 and 3: after a cap of 2, masks of 0 and 10, a third key that is hidden, and no other order gives these numbers.
        using var job = OptionCombination.Of(
            new AttentionProblem(new(1, 3) { Options = new() { Softcap = 2, Scale = 1 } }, [1], [1, 3, 50], [1, 0, 7]),
            ("mask", ElementType.Float32, [1, 3], [10, 0, double.NegativeInfinity]));
        double first = Math.Exp((2 * Math.Tanh(0.5)) + 10), second = Math.Exp(2 * Math.Tanh(1.5));

        AttentionResult result = WholeAttention.Compute(job.Problem, Path);

        Assert.Equal(first / (first + second), result.Output[0], 1e-6);
        Assert.Equal(Math.Log(first + second), result.Lse[0], 2e-6);
    }

    [SkippableTheory]
    [InlineData(CausalAlignment.TopLeft, new[] { 1, 2, 3, 3, 3 })]
    [InlineData(CausalAlignment.BottomRight, new[] { 0, 0, 1, 2, 3 })]
    public void More_causal_queries_than_keys_see_what_their_alignment_says(CausalAlignment align, int[] seen)
    {
        // Scores of zero: the log-sum-exp counts keys, and values of 1, 2 and 4 are averaged.
        var problem = new AttentionProblem(new(5, 3) { Options = new() { Causal = true, Align = align } }, new float[5], new float[3],
            [1, 2, 4]);

        AttentionResult result = WholeAttention.Compute(problem, Path);

        for (int row = 0; row < 5; row++)
        {
            Assert.Equal(Math.Log(seen[row]), result.Lse[row], 1e-6);
            Assert.Equal(seen[row] == 0 ? 0 : ((1 << seen[row]) - 1f) / seen[row], result.Output[row], 1e-6f);
        }
    }

    [SkippableTheory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    public void Heads_that_share_keys_have_the_bits_of_heads_with_keys_of_their_own(int group)
    {
        AttentionProblem shared = AttentionProblem.Random(new(50, 130, 6, 10)
        {
            Batch = 2,
            QueryHeads = 2 * group,
            KvHeads = 2,
            Options = new() { Causal = true, KeysPerSegment = 70 },
        });
        AttentionProblem own = new(
            shared.Case with { KvHeads = 2 * group }, shared.Query, Repeat(shared.Key, 130 * 6, group),
                Repeat(shared.Value, 130 * 10, group));

        Assert.Equal(WholeAttention.Compute(own, Path).Sha256(), WholeAttention.Compute(shared, Path).Sha256());
    }

    [SkippableFact]
    public void Scores_of_ten_thousands_overflow_nothing() => CheckErrors(new(30, 600, 16, 16)
    {
        QueryMax = 1e4f,
        Options = new() { Causal = true, Scale = 1, KeysPerSegment = 550 },
    });

    [SkippableTheory]
    [MemberData(nameof(LengthsAtEdges))]
    public void Lengths_around_those_of_row_groups_and_tiles_are_as_exact_as_others(int length)
    {
        CheckErrors(new(length, length, 4, 4) { Options = new() { Causal = true } });
        CheckErrors(new(3, length, 4, 4) { Options = new() { Window = (length / 2, 1) } });
        CheckErrors(new(length, 3, 4, 4));
    }

    [SkippableTheory]
    [InlineData(210, 210)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(int.MaxValue, 0)]
    public void A_window_larger_than_the_sequence_changes_no_bit(long left, long right)
    {
        AttentionProblem open =
            AttentionProblem.Random(new(200, 210, 6, 6) { Options = new() { Causal = right == 0, KeysPerSegment = 100 } });

        Assert.Equal(
            WholeAttention.Compute(open, Path).Sha256(),
            WholeAttention.Compute(open.With(options => options with { Window = (left, right) }), Path).Sha256());
    }

    [SkippableFact]
    public void An_entry_of_the_batch_without_a_key_leaves_the_others_as_they_are()
    {
        AttentionProblem problem =
            AttentionProblem.Random(new(20, 30, 6, 6) { Batch = 3, QueryHeads = 2, Options = new() { KeysPerSegment = 16 } });
        AttentionResult full = WholeAttention.Compute(problem, Path);
        using var job = OptionCombination.Of(problem.Poison(_ => false), ("kv_lengths", ElementType.Int64, [3], [30, 0, 30]));

        AttentionResult result = WholeAttention.Compute(job.Problem, Path);

        Assert.All(result.Rows, at => Assert.Equal(
            at.Batch == 1 ? [0, 0, 0, 0, 0, 0, BitConverter.SingleToInt32Bits(float.NegativeInfinity)]
                : full.RowBits(at.Batch, at.Head, at.Row),
            result.RowBits(at.Batch, at.Head, at.Row)));
    }

    [SkippableTheory]
    [MemberData(nameof(LowestNumbers))]
    public void A_row_whose_mask_is_the_lowest_number_everywhere_has_the_weights_of_one_without_a_mask(ElementType type, double lowest)
    {
        // Row 0 has it everywhere, row 1 but for one key.
        AttentionProblem problem = AttentionProblem.Random(new(2, 40, 4, 3) { QueryMax = 20 });
        using var job = OptionCombination.Of(problem,
            ("mask", type, [2, 40], [.. Enumerable.Range(0, 80).Select(i => i == 57 ? 0 : lowest)]));

        AttentionResult result = WholeAttention.Compute(job.Problem, Path), without = WholeAttention.Compute(problem, Path);

        Assert.Equal((float)Math.Max(lowest, float.MinValue), result.LseOf(0, 0, 0), 1e-3f * (float)Math.Min(65504, -lowest));
        for (int d = 0; d < 3; d++)
        {
            Assert.Equal(without.OutputRow(0, 0, 0)[d], result.OutputRow(0, 0, 0)[d], 1e-6f);
            Assert.Equal(problem.ValueRow(0, 0, 17)[d], result.OutputRow(0, 0, 1)[d]);
        }
    }

    private static float[] Repeat(float[] tensor, int headLength, int times) =>
        [.. tensor.Chunk(headLength).SelectMany(head => Enumerable.Repeat(head, times).SelectMany(same => same))];
}
