using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Attention;

public class AttentionShapeTests
{
    private static readonly TensorShape Query = new(2, 6, 10, 64);
    private static readonly TensorShape Key = new(2, 3, 20, 64);
    private static readonly TensorShape Value = new(2, 3, 20, 32);

    public static TheoryData<TensorShape, TensorShape, TensorShape, string[]> Misfits => new()
    {
        { Query with { Batch = 3 }, Key, Value, ["[3, 6, 10, 64]", "[2, 3, 20, 64]"] },
        { Query, Key, Value with { Batch = 3 }, ["[2, 3, 20, 64]", "[3, 3, 20, 32]"] },
        { Query, Key with { Width = 63 }, Value, ["[2, 6, 10, 64]", "[2, 3, 20, 63]"] },
        { Query, Key, Value with { Rows = 21 }, ["[2, 3, 20, 64]", "[2, 3, 21, 32]"] },
        { Query, Key, Value with { Heads = 6 }, ["[2, 3, 20, 64]", "[2, 6, 20, 32]"] },
        { Query with { Heads = 4 }, Key, Value, ["[2, 4, 10, 64]", "[2, 3, 20, 64]"] },
        { Query with { Width = 577 }, Key with { Width = 577 }, Value, ["[2, 6, 10, 577]", "[2, 3, 20, 577]", "576"] },
        { Query, Key, Value with { Width = 577 }, ["[2, 3, 20, 577]", "576"] },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void Shapes_that_do_not_fit_are_refused_naming_them(TensorShape query, TensorShape key, TensorShape value, string[] named)
    {
        Assert.Null(AttentionShape.Create(query, key, value, out Refusal? refusal));

        Assert.Equal("shapes-do-not-fit", refusal!.Code.Name());
        Assert.All(named, text => Assert.Contains(text, refusal.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void The_output_has_the_rows_of_q_and_the_width_of_v_in_the_rank_of_q()
    {
        AttentionShape shape =
            AttentionShape.Create(Query with { Batch = 1, Rank = 3 }, Key with { Batch = 1 }, Value with { Batch = 1 }, out _)!;

        Assert.Equal([6, 10, 32], shape.Output.ToDimensions());
        Assert.Equal([6, 10], shape.LseDimensions);
        Assert.Equal(2, shape.GroupSize);
    }
}
