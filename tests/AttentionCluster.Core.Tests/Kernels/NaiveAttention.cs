using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>The textbook's two passes in float32: the error that a plain implementation makes, and twice of which is allowed.</summary>
internal static class NaiveAttention
{
    /// <returns>The natural log-sum-exp; -infinity when no key is visible.</returns>
    public static float Row(ReadOnlySpan<float> query, IRows keys, IRows values, KeyRange visible, float scale, Span<float> output)
    {
        output.Clear();
        if (visible.IsEmpty)
            return float.NegativeInfinity;
        float[] scores = new float[visible.Count];
        float max = float.NegativeInfinity;
        for (int j = 0; j < scores.Length; j++)
        {
            ReadOnlySpan<float> key = keys.Row(visible.Start + j);
            float dot = 0;
            for (int d = 0; d < query.Length; d++)
                dot += query[d] * key[d];
            scores[j] = scale * dot;
            max = MathF.Max(max, scores[j]);
        }

        float sum = 0;
        for (int j = 0; j < scores.Length; j++)
        {
            float weight = MathF.Exp(scores[j] - max);
            sum += weight;
            ReadOnlySpan<float> value = values.Row(visible.Start + j);
            for (int d = 0; d < output.Length; d++)
                output[d] += weight * value[d];
        }

        foreach (ref float element in output)
            element /= sum;
        return max + MathF.Log(sum);
    }
}
