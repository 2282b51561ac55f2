using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Attention;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>A case with its tensors.</summary>
internal sealed record AttentionProblem(AttentionCase Case, float[] Query, float[] Key, float[] Value)
{
    public AttentionShape Shape { get; } = Case.Shape;

    /// <summary>The tensors beside Q, K and V; null without any.</summary>
    public AuxiliaryProblem? Auxiliary { get; init; }

    /// <summary>The job's plan.</summary>
    public AttentionPlan Plan =>
        AttentionPlan.Create(Shape, Case.Options, out Refusal? refusal, Auxiliary?.Layout, Auxiliary?.Tensors)
            ?? throw new InvalidOperationException(refusal!.Message);

    /// <summary>How K is stored in packed segments; its numbers should be exact in it.</summary>
    public ElementType KeyType { get; init; }

    /// <summary>How V is stored in packed segments; its numbers should be exact in it.</summary>
    public ElementType ValueType { get; init; }

    /// <summary>Uniform numbers that are multiples of 2^-23: the same on every machine.</summary>
    public static AttentionProblem Random(AttentionCase one, int seed = 1)
    {
        var random = new Random(seed);
        AttentionShape shape = one.Shape;
        return new(
            one,
            Uniform(random, shape.Query.ElementCount, one.QueryMax),
            Uniform(random, shape.Key.ElementCount, 1),
            Uniform(random, shape.Value.ElementCount, 1));
    }

    public AttentionProblem With(Func<AttentionOptions, AttentionOptions> change) =>
        this with { Case = Case with { Options = change(Case.Options) } };

    public Span<float> QueryRow(int batch, int head, int row) => Row(Query, Shape.Query, batch, head, row);

    public Span<float> KeyRow(int batch, int kvHead, int key) => Row(Key, Shape.Key, batch, kvHead, key);

    public Span<float> ValueRow(int batch, int kvHead, int key) => Row(Value, Shape.Value, batch, kvHead, key);

    /// <summary>A copy in which some keys, of all heads, have these numbers as their K or V.</summary>
    public AttentionProblem Poison(Predicate<int> keys, float? key = null, float? value = null)
    {
        AttentionProblem poisoned = this with { Key = [.. Key], Value = [.. Value] };
        for (int batch = 0; batch < Shape.Batch; batch++)
        {
            for (int head = 0; head < Shape.KvHeads; head++)
            {
                for (int j = 0; j < Shape.Keys; j++)
                {
                    if (!keys(j))
                        continue;
                    if (key is { } k)
                        poisoned.KeyRow(batch, head, j).Fill(k);
                    if (value is { } v)
                        poisoned.ValueRow(batch, head, j).Fill(v);
                }
            }
        }

        return poisoned;
    }

    /// <summary>
    /// Values of zero and of the smallest floats, most weights below 1/2: a product is -0 where it underflows from below, and adding a
    /// key that weighs nothing would make +0 of it.
    /// </summary>
    public AttentionProblem WithTinyValues() => this with
    {
        Query = [.. Query.Select(q => 100 * q)],
        Value = [.. Value.Select(v => MathF.Round(v) * float.Epsilon)],
    };

    /// <summary>The rows of one KV head.</summary>
    public static IRows RowsOf(float[] tensor, in TensorShape shape, int batch, int head) =>
        new HeadRows(tensor, shape.RowOffset(batch, head, 0), shape.Width);

    private static Span<float> Row(float[] tensor, TensorShape shape, int batch, int head, int row) =>
        tensor.AsSpan((int)shape.RowOffset(batch, head, row), shape.Width);

    private static float[] Uniform(Random random, long count, float max)
    {
        const int half = 1 << 23;
        float[] numbers = new float[count];
        foreach (ref float number in numbers.AsSpan())
            number = max * ((random.Next(2 * half) - half) / (float)half);
        return numbers;
    }

    private sealed class HeadRows(float[] tensor, long first, int width) : IRows
    {
        public ReadOnlySpan<float> Row(int index) => tensor.AsSpan((int)(first + ((long)index * width)), width);
    }
}
