namespace AttentionCluster.Core.Tests.Kernels;

/// <content>Law 4: masked means absent.</content>
public abstract partial class KernelContract
{
    private const int Rows = 210;
    private const int Keys = 700;

    /// <summary>Rows of one row group, and of one block, see different keys; several rows see their first key alone.</summary>
    private static readonly AttentionProblem Masked = AttentionProblem.Random(new(Rows, Keys, 20, 36)
    {
        QueryHeads = 2,
        Options = new() { Causal = true, Offset = 0, Window = (60, -1), KeysPerSegment = 130, RowsPerBlock = 200 },
    });

    /// <summary>The first key is the only one of row 0, and the second key one of the two of row 1.</summary>
    public static TheoryData<int> PoisonedKeys => [0, 1, 15, 16, 100, 129, 130, 205];

    [SkippableTheory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Keys_that_no_row_sees_may_hold_anything(float poison) =>
        Assert.Equal(
            WholeAttention.Compute(Masked, Path).Sha256(),
            WholeAttention.Compute(Masked.Poison(key => key >= Rows, poison, poison), Path).Sha256());

    [SkippableTheory]
    [MemberData(nameof(PoisonedKeys))]
    public void A_key_that_is_not_a_number_makes_just_the_rows_that_see_it_so(int key)
    {
        AttentionResult poisoned = CheckUnseen(key, float.NaN, null);

        foreach ((int batch, int head, int row) in poisoned.Rows.Where(at => Masked.Case.Sees(at.Row, key)))
        {
            Assert.All(poisoned.OutputRow(batch, head, row).ToArray(), element =>
                Assert.True(float.IsNaN(element), $"row {row} has {element}"));
            Assert.True(float.IsNaN(poisoned.LseOf(batch, head, row)), $"row {row}");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(PoisonedKeys))]
    public void A_value_that_is_not_a_number_makes_just_the_outputs_that_see_it_so(int key)
    {
        AttentionResult clean = WholeAttention.Compute(Masked, Path);
        AttentionResult poisoned = CheckUnseen(key, null, float.NaN);

        foreach ((int batch, int head, int row) in poisoned.Rows.Where(at => Masked.Case.Sees(at.Row, key)))
            Assert.All(poisoned.OutputRow(batch, head, row).ToArray(), element =>
                Assert.True(float.IsNaN(element), $"row {row} has {element}"));
        Assert.Equal(clean.Lse, poisoned.Lse);
    }

    [SkippableTheory]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void An_infinite_key_or_value_touches_no_row_that_does_not_see_it(float poison)
    {
        foreach (int key in new[] { 0, 16, 129, 205 })
        {
            CheckUnseen(key, poison, null);
            CheckUnseen(key, null, poison);
        }
    }

    [SkippableFact]
    public void A_query_that_is_not_a_number_makes_just_its_own_row_so()
    {
        AttentionResult clean = WholeAttention.Compute(Masked, Path);
        foreach (int row in new[] { 0, 3, 9, 40, 209 })
        {
            AttentionProblem poisoned = Masked with { Query = [.. Masked.Query] };
            poisoned.QueryRow(0, 1, row)[3] = float.NaN;

            AttentionResult result = WholeAttention.Compute(poisoned, Path);

            Assert.True(float.IsNaN(result.LseOf(0, 1, row)), $"row {row} has {result.LseOf(0, 1, row)}");
            Assert.All(result.OutputRow(0, 1, row).ToArray(), element => Assert.True(float.IsNaN(element), $"row {row} has {element}"));
            Assert.All(result.Rows.Where(at => at != (0, 1, row)), at =>
                Assert.Equal(clean.RowBits(at.Batch, at.Head, at.Row), result.RowBits(at.Batch, at.Head, at.Row)));
        }
    }

    [SkippableFact]
    public void A_masked_value_that_is_not_a_number_changes_no_sign_of_zero()
    {
        AttentionProblem tiny = Masked.WithTinyValues();

        Assert.Equal(
            WholeAttention.Compute(tiny, Path).Sha256(),
            WholeAttention.Compute(tiny.Poison(key => key >= Rows, value: float.NaN), Path).Sha256());
    }

    /// <summary>Rows that don't see a poisoned key keep their bits.</summary>
    private AttentionResult CheckUnseen(int poisonedKey, float? keyElement, float? valueElement)
    {
        AttentionResult clean = WholeAttention.Compute(Masked, Path);
        AttentionResult poisoned = WholeAttention.Compute(Masked.Poison(key => key == poisonedKey, keyElement, valueElement), Path);
        foreach ((int batch, int head, int row) in clean.Rows.Where(at => !Masked.Case.Sees(at.Row, poisonedKey)))
            Assert.True(clean.RowBits(batch, head, row).SequenceEqual(poisoned.RowBits(batch, head, row)),
                $"key {poisonedKey} changed row {row}");
        return poisoned;
    }
}
