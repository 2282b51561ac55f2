using AttentionCluster.Core.Partials;

namespace AttentionCluster.Core.Tests.Partials;

/// <summary>Partials of random keys: a score and a value for each key and row, in the order of the definition.</summary>
internal static unsafe class RandomPartials
{
    /// <summary>Row by row, keys by keys; a score of -infinity is a masked key.</summary>
    public static Partial Of(float[][] scores, float[][] values, int first, int end, int valueWidth)
    {
        var partial = new Partial(scores.Length, valueWidth);
        for (int row = 0; row < scores.Length; row++)
        {
            for (int key = first; key < end; key++)
                partial.Max[row] = MathF.Max(partial.Max[row], scores[row][key]);
            if (partial.Max[row] == float.NegativeInfinity)
                continue;
            float* accumulator = partial.Accumulator + (row * partial.Stride);
            for (int key = first; key < end; key++)
            {
                float weight = MathF.Exp(scores[row][key] - partial.Max[row]);
                partial.Sum[row] += weight;
                for (int d = 0; d < valueWidth; d++)
                    accumulator[d] += weight * values[key][d];
            }
        }

        return partial;
    }

    /// <summary>A partial of <paramref name="rows"/> rows over a few keys, some rows without any.</summary>
    public static Partial Any(Random random, int rows, int valueWidth, double emptyShare = 0.2)
    {
        const int keys = 3;
        float[][] scores = Scores(random, rows, keys, spread: 20);
        for (int row = 0; row < rows; row++)
        {
            if (random.NextDouble() < emptyShare)
                scores[row].AsSpan().Fill(float.NegativeInfinity);
        }

        return Of(scores, Values(random, keys, valueWidth), 0, keys, valueWidth);
    }

    public static float[][] Scores(Random random, int rows, int keys, float spread) => Matrix(random, rows, keys, spread);

    public static float[][] Values(Random random, int keys, int valueWidth) => Matrix(random, keys, valueWidth, 1);

    public static Partial Copy(Partial partial)
    {
        var copy = new Partial(partial.Rows, partial.ValueWidth);
        Bits(partial).CopyTo(Bits(copy));
        return copy;
    }

    /// <summary>All its memory.</summary>
    public static Span<byte> Bits(Partial partial) => partial.Buffer.Slice(0, (int)partial.Buffer.ByteLength);

    private static float[][] Matrix(Random random, int rows, int columns, float spread) =>
        [.. Enumerable.Range(0, rows)
            .Select(_ => Enumerable.Range(0, columns).Select(_ => spread * ((2 * random.NextSingle()) - 1)).ToArray())];
}
